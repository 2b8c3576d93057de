/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an xl config says (xl.cfg(5)), whoever wrote it, as far as this program asks. Whether a config that xl can parse
 * is right is for the toolstack plugin to say.
 *
 * What xl has no key for stands in a comment of ours, in words of KEY=VALUE without blanks:
 *   # xen-bigdisk: template=debian-12 address=192.0.2.12/24 gateway=192.0.2.1 address6=2001:db8::12/64 fleet=shop
 *
 * In the place of address6, ip6=auto, dhcp or none says what else the first interface does about IPv6.
 * report=none is said of a guest that cannot tell dom0 that it is up.
 * Several addresses have commas between them. Interfaces behind the first have a word each, in the form of
 * guest/network_spec.h: net1=ip=198.51.100.12/24,ip6=none
 */
#ifndef BD_XLCFG_READ_H
#define BD_XLCFG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "guest/network.h"

/* A config is at most that long, as the plugin has it. */
#define BD_CFG_LIMIT_BYTES (1u << 20)

struct bd_cfg_vif {
	bool has_mac;
	uint8_t mac[6];
	char bridge[16]; /* "": not said */
	char *ip; /* owned; "192.0.2.7 2001:db8::7/64": addresses, with blanks between them; NULL: not said */
	char *spec; /* owned; all that is said of it: "mac=00:16:3e:01:02:03, bridge=xenbr0, rate=10Mb/s" */
};

/* What the specification of an interface says of a key of guest/vif_keys.h ("rate"); the caller frees. *value_out is NULL where it says nothing. */
int bd_cfg_vif_value(const struct bd_cfg_vif *vif, const char *key, char **value_out, struct bd_error *err);

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
	char *kernel, *ramdisk, *bootloader, *bios;
	char *cmdline; /* of the kernel: what xl makes of cmdline=, root= and extra= */
	bool restricts_bootloader,
		says_restrict; /* says_restrict: bootloader_restrict is there, and is not left to xl.conf */
	char *bootloader_user;
	char **bootloader_args; /* the one string that it may be in old configs is split at blanks, as xl does */
	size_t bootloader_arg_count;
	char **disks; /* the targets, as absolute paths; in order */
	const char **disk_formats; /* of each of them, as bd_xlcfg_disk_format has it */
	size_t disk_count;
	struct bd_cfg_vif *vifs;
	size_t vif_count;
	/* From the comment. */
	char *template, *gateway, *gateway6, *fleet;
	char *report; /* "none": nothing in the guest tells dom0 that it is up */
	char *ip6; /* "auto", "dhcp", "none"; NULL with static addresses, or where it was not said yet */
	char *address, *address6, *dns; /* with commas between them; addresses with their prefix lengths */
	char *networks[BD_NETWORKS_MAX]; /* of the interfaces behind the first; the first itself is NULL */
};

/* The word of the comment for an interface behind the first (number 0): "net1" to "net7". */
#define BD_CFG_NETWORK_KEY_SIZE 8
void bd_cfg_network_key(size_t number, char key_out[BD_CFG_NETWORK_KEY_SIZE]);

void bd_cfg_dispose(struct bd_cfg *cfg); /* idempotent */

/* Whether there is no use in waiting until it reports that it is up. */
bool bd_cfg_never_reports(const struct bd_cfg *cfg);

/* EINVAL: an unclosed string or list, with its line. */
int bd_cfg_parse(const char *text, struct bd_cfg *cfg_out, struct bd_error *err);
/* As bd_cfg_parse, of a file. EINVAL: also whatever xl's parser does not take, as the file says nothing then. */
int bd_cfg_read(const char *path, struct bd_cfg *cfg_out, struct bd_error *err);

#endif
