/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an xl config says (xl.cfg(5)), whoever wrote it, as far as this program asks; and changing a key of it in its
 * place, so that comments and everything else stay. Whether a config that xl can parse is right is for the toolstack plugin to
 * say.
 *
 * What xl has no key for stands in a comment of ours, in words of KEY=VALUE without blanks:
 *   # xen-bigdisk: template=debian-12 address=192.0.2.12/24 gateway=192.0.2.1 address6=2001:db8::12/64 fleet=shop
 */
#ifndef BD_XLCFG_READ_H
#define BD_XLCFG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_cfg_vif {
	bool has_mac;
	uint8_t mac[6];
	char bridge[16]; /* "": not said */
	char *ip; /* owned; "192.0.2.7 2001:db8::7/64": addresses, with blanks between them; NULL: not said */
};

/* Strings are owned; NULL where the config says nothing. */
struct bd_cfg {
	char *path; /* of the file; NULL for one that was parsed from a text */
	char *name;
	bool has_uuid;
	uint8_t uuid[16];
	uint64_t memory_mib; /* 0: not said */
	uint32_t vcpus; /* 0: not said, which xl takes as 1 */
	uint64_t maxmem_mib, maxvcpus; /* 0: not said */
	char type[4]; /* "pv", "pvh", "hvm"; builder= and firmware of old are understood */
	char *kernel, *ramdisk, *bootloader;
	bool restricts_bootloader;
	char *bootloader_user;
	char **disks; /* the targets, as absolute paths; in order */
	size_t disk_count;
	struct bd_cfg_vif *vifs;
	size_t vif_count;
	/* From the comment. */
	char *template, *address, *gateway, *address6, *gateway6, *fleet;
	char *dns; /* with commas between them */
};

void bd_cfg_init(struct bd_cfg *cfg);
void bd_cfg_dispose(struct bd_cfg *cfg); /* idempotent */

/* EINVAL: an unclosed string or list, with its line. */
int bd_cfg_parse(const char *text, struct bd_cfg *cfg_out, struct bd_error *err);
/* As bd_cfg_parse, of a file. EINVAL: also whatever xl's parser does not take, as the file says nothing then. */
int bd_cfg_read(const char *path, struct bd_cfg *cfg_out, struct bd_error *err);

/* What a key is to be from now on: value is the text behind the equals sign ("512", "\"web02\"", "[ \"mac=...\" ]"; see
 * bd_xlcfg_quote); NULL takes the key away. A key that is not there is added at the end. */
struct bd_cfg_change {
	const char *key, *value;
};

/* The changed text; the caller frees. EINVAL: as bd_cfg_parse. */
int bd_cfg_edit(const char *text, const struct bd_cfg_change *changes, size_t count, char **text_out,
		struct bd_error *err);

/* Changes a word of our comment, which is added (as the second line) where there is none; value NULL takes it away.
 * EINVAL: a value with a blank or a control character. */
int bd_cfg_edit_word(const char *text, const char *key, const char *value, char **text_out, struct bd_error *err);

/* The file is called as the guest is. It has a name and a path. */
bool bd_cfg_is_named_after_guest(const struct bd_cfg *cfg);
/* Both have one name, UUID and disks, whatever else they say. */
bool bd_cfg_is_same_guest(const struct bd_cfg *one, const struct bd_cfg *other);

/* All the guests of a folder: its *.cfg files that have a name, in the order of their file names. */
struct bd_cfgs {
	struct bd_cfg *items;
	size_t count;
	size_t *by_name; /* numbers of the items in the order of the guests' names; NULL: not sorted */
	char **unreadable; /* one line for each file that could not be read or parsed */
	size_t unreadable_count;
};

void bd_cfgs_init(struct bd_cfgs *cfgs);
void bd_cfgs_dispose(struct bd_cfgs *cfgs); /* idempotent */
int bd_cfgs_read(const char *folder, struct bd_cfgs *cfgs_out, struct bd_error *err);
/* By the guest's name; NULL: none. Takes the time of a binary search where the cfgs came from bd_cfgs_read. */
const struct bd_cfg *bd_cfgs_find(const struct bd_cfgs *cfgs, const char *name);

#endif
