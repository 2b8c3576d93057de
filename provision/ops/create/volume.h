/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The logical volume that a guest's disk is made on. It has its name from the beginning, and the tag "unfinished" until the guest is
 * there: what a killed run leaves is known by that, and is replaced by the next run for the same guest. */
#ifndef BD_OPS_CREATE_VOLUME_H
#define BD_OPS_CREATE_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/device.h"
#include "ext3/ext3.h"
#include "ops/create/job.h"
#include "volume/change.h"

struct bd_template;

struct create_volume {
	char group[BD_VOLUME_NAME_SIZE], name[BD_VOLUME_NAME_SIZE];
	int lock_fd; /* on its path, so that no other run takes it for what a killed one has left; -1: none */
	bool made; /* and to be removed unless it is kept */
	bool kept;
};

#define CREATE_VOLUME_INIT \
	{ \
		.lock_fd = -1 \
	}

void create_volume_dispose(struct create_volume *volume); /* idempotent */

/* Whether it can be made. Touches nothing. BD_KIND_NOT_FOUND: no such group or pool; BD_KIND_EXISTS: the guest's name is a volume's
 * already; BD_KIND_NO_ROOM; EINVAL: the pool does not zero new blocks, in which a guest would see what was in them before. */
int create_volume_check(const struct create_job *job, struct bd_error *err);
/* The same, for who is going to make it: locks its name, and removes the one that a killed run has left. Nothing is done where no volume
 * is to be made. */
int create_volume_begin(const struct create_job *job, struct create_volume *volume, struct bd_error *err);

/* What a new volume has in it. */
struct create_volume_content {
	const char *origin; /* the thin volume that it is to be a snapshot of; NULL: it is to read as zeros */
	bool is_copied; /* all of it is written over, so that it need not be cleared */
};

/* Makes it in the group that was begun, and claims it. */
int create_volume_make(const struct create_job *job, const struct create_volume_content *content,
		       struct create_volume *volume, struct bd_device *device_out, struct bd_error *err);

/* It is a guest's disk now. */
void create_volume_keep(struct create_volume *volume);
/* It is not, after all. */
void create_volume_retract(struct create_volume *volume);

#endif
