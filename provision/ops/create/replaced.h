/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest that is there, for the plan of another in its place: what `rm --force` would remove is passed over. */
#ifndef BD_OPS_CREATE_REPLACED_H
#define BD_OPS_CREATE_REPLACED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/guest/remove.h"
#include "ops/host/boot.h"

struct create_replaced {
	struct guest_removed removed; /* as guest_remove_plan has it */
	/* What its domain has, which would be destroyed: */
	bool frees_name; /* the guest's */
	uint64_t memory_kib;
};

void create_replaced_dispose(struct create_replaced *replaced); /* idempotent; a zeroed struct will do */

/* Fails as guest_remove_plan, but for a domain of it. */
int create_replaced_look(const char *cfg_path, struct boot *boot, struct create_replaced *replaced_out,
			 struct bd_error *err);

/* Whether the path would be gone, and what the filesystem of a folder would have back. replaced: NULL: nothing is replaced. */
bool create_replaced_has(const struct create_replaced *replaced, const char *path);
uint64_t create_replaced_bytes(const struct create_replaced *replaced, const char *folder);

/* Whether it has this device as a disk, which rm leaves as it is. */
bool create_replaced_keeps(const struct create_replaced *replaced, const char *device);

#endif
