/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `list` and `show` print about guests: from their configs, their disks and the toolstack, read each time. */
#ifndef BD_OPS_GUEST_FACTS_H
#define BD_OPS_GUEST_FACTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/facts.h"
#include "ops/guest/devices.h"
#include "ops/guest/xendomains.h"
#include "ops/host/boot.h"
#include "ops/host/domains.h"
#include "xlcfg/folder.h"
#include "xlcfg/read.h"

#define GUEST_ADDRESS_SIZE 64

struct guest_facts {
	const struct bd_cfg *cfg; /* NULL: a domain of this host that has none */
	const struct bd_toolstack_domain *domain; /* NULL: it does not run, or that is not known */
	const char *name;
	const char *state;
	uint64_t memory_bytes; /* a running guest's as it is now; 0: not said */
	uint32_t vcpus;
	bool has_disk; /* the first disk is there; of the others nothing is told here */
	struct bd_disk_facts disk;
	char address[GUEST_ADDRESS_SIZE]; /* without its prefix length; "": not known */
	bool address_is_said; /* by the running guest, and not by its cfg */
	char address6[GUEST_ADDRESS_SIZE]; /* likewise; the static one that its cfg tells of */
	bool autostart;
	bool is_renamed; /* its domain has another name than its cfg gives (xl rename) */
	struct guest_devices devices; /* of a domain that runs */
	char pending[GUEST_PENDING_SIZE]; /* what its cfg says and it was not started with; "": nothing */
	enum saved_state saved;
	char saved_path[PATH_MAX]; /* where it is saved */
};

struct guests {
	struct boot boot;
	struct domains domains;
	struct bd_cfgs cfgs;
	struct guest_facts
		*items; /* those with a cfg in the order of its files' names, then the others by their domid */
	size_t count;
};

/* The size of a disk of the cfg as the guest sees it, where it is in a format with a header. False: it cannot be read. */
bool guest_disk_virtual_size(const struct bd_cfg *cfg, size_t number, uint64_t *bytes_out);

/* As bd_disk_look, of a disk of the cfg. Nothing is said of what is on one that is in a format other than raw. */
int guest_disk_look(const struct bd_cfg *cfg, size_t number, struct bd_disk_facts *facts_out, struct bd_error *err);

void guests_dispose(struct guests *guests); /* idempotent */

/* The configs of a folder (NULL: the system's), by their real paths. ENOENT: there is no such folder. */
int guests_read_cfgs(const char *dir, struct bd_cfgs *cfgs_out, struct bd_error *err);

/* The guests of a folder (NULL: the system's) and the domains that none of its cfgs describes, as far as wanted() is true
 * of their names (NULL: all); dom0 is none. What cannot be read is warned of. ENOENT: there is no such folder. */
int guests_read(const char *dir, bool (*wanted)(void *context, const char *name), void *context,
		struct guests *guests_out, struct bd_error *err);

/* As guests_read, of the names and patterns (count 0: all). A pattern may match nothing. BD_KIND_NOT_FOUND: there is no guest
 * of a name. */
int guests_read_matching(const char *dir, char **items, size_t count, struct guests *guests_out,
			 struct bd_error *err);

/* The one guest of a name or a config, as guest_cfg_path tells; a name may also be that of a domain without a config.
 * BD_KIND_NOT_FOUND. */
int guests_read_one(const char *argument, const char *dir, struct guests *guests_out, struct bd_error *err);

/* How it boots, in the words of --boot: "pygrub", "pvgrub", "direct"; NULL: by its disk's boot sector, or it is not known. */
const char *guest_facts_boot(const struct guest_facts *facts);

/* What is to be seen about it, for people, in a few words; "": nothing. */
void guest_facts_notes(const struct guest_facts *facts, char *text_out, size_t size);

#endif
