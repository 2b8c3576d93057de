/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest of a manifest as an instance of Ganeti: what gnt-instance(8) takes under BATCH-CREATE, and what that has no words for.
 *
 * The disk is filled by our OS definition (plugin/ganeti/os), whose parameters have the names of the manifest's keys. Nothing but
 * the manifest, the host's defaults and the files of public keys is read; a template need not be here. */
#ifndef BD_OPS_FLEET_GANETI_H
#define BD_OPS_FLEET_GANETI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/create_request.h"
#include "ops/create/defaults.h"
#include "ops/fleet/view.h"

#define FLEET_GANETI_PARAMS_MAX 24

/* What of a guest is not in the instance, or is there in another way. */
enum fleet_ganeti_note {
	FLEET_GANETI_UEFI, /* there can be no instance at all */
	FLEET_GANETI_PVH,
	FLEET_GANETI_HVM,
	FLEET_GANETI_PYGRUB,
	FLEET_GANETI_PVGRUB,
	FLEET_GANETI_DIRECT,
	FLEET_GANETI_DEVICE,
	FLEET_GANETI_LVM,
	FLEET_GANETI_FURTHER_MOUNTS, /* of further disks */
	FLEET_GANETI_BOOT_SECTOR,
	FLEET_GANETI_FURTHER_ADDRESSES, /* of interfaces behind the first */
	FLEET_GANETI_VIF_KEYS,
	FLEET_GANETI_PASSWORD,
	FLEET_GANETI_PASSWORD_FILE,
	FLEET_GANETI_PASSWORD_SHOWN,
	FLEET_GANETI_FILES,
	FLEET_GANETI_USER_DATA,
	FLEET_GANETI_RUN_ONCE,
	FLEET_GANETI_AUTOSTART,
	FLEET_GANETI_NOTE_COUNT
};

/* A parameter of the OS definition. */
struct fleet_ganeti_param {
	const char *name;
	char *value; /* owned */
};

struct fleet_ganeti {
	struct bd_create_request request; /* what `new` would be asked for, with the host's defaults */
	struct create_defaults defaults;
	const char *variant; /* of the OS definition; NULL: nothing fills the disk */
	uint64_t size_bytes; /* of the first disk */
	const char *bootloader; /* in dom0, for xen-pvm; NULL: none, or nothing is said of it */
	const char *kernel; /* in dom0, likewise */
	struct fleet_ganeti_param params[FLEET_GANETI_PARAMS_MAX];
	size_t param_count;
	uint32_t notes; /* a bit for each */
};

void fleet_ganeti_dispose(struct fleet_ganeti *instance); /* idempotent */

/* What one of the manifest's guests is in Ganeti, whether it exists here or not; one that does keeps its MAC address and the size of
 * its disk. secrets: with the hash of root's password. instance_out is zeroed before, and lasts as long as view. EINVAL, at the place in
 * the manifest: a setting that `new` would refuse, or a file of public keys that cannot be read. */
int fleet_ganeti_of(const struct fleet_view *view, const struct fleet_item *item, const struct fleet_options *options,
		    bool secrets, struct fleet_ganeti *instance_out, struct bd_error *err);

static inline bool fleet_ganeti_has(const struct fleet_ganeti *instance, enum fleet_ganeti_note note)
{
	return instance->notes >> note & 1;
}

/* The manifest's key that a note is about, and what has become of it, for people: "is left out: ...". */
const char *fleet_ganeti_note_key(enum fleet_ganeti_note note);
const char *fleet_ganeti_note_text(enum fleet_ganeti_note note);

#endif
