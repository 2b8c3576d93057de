/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filesystems that a guest mounts from its further disks and partitions, so that a copy's new identity reaches what is on them. */
#ifndef BD_OPS_CLONE_MOUNTED_H
#define BD_OPS_CLONE_MOUNTED_H

#include "base/err.h"
#include "ops/clone/job.h"
#include "rootfs/root_reader.h"

/* All of them with the root filesystem as one. A symlink is followed inside the filesystem that it is in. */
struct clone_mounted {
	const struct clone_job *job; /* borrowed */
	struct bd_root_reader root;
	struct bd_root_reader further[BD_GUEST_MOUNTS_MAX]; /* of those that have a mount */
};

/* By the root's /etc/fstab. After clone_further_look and clone_further_look_at_partitions. */
int clone_mounted_open(struct clone_job *job, const struct bd_root_reader *root, struct clone_mounted *mounted_out,
		       struct bd_error *err);
/* mounted is borrowed, and must not move. */
struct bd_root_reader clone_mounted_reader(const struct clone_mounted *mounted);

/* Gives each filesystem what of the job's tree is on it. */
int clone_mounted_split(struct clone_job *job, struct bd_error *err);

#endif
