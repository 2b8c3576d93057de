/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template whose files go to several filesystems: the root's, and those of further disks and of partitions that are mounted in
 * it. */
#ifndef BD_OPS_CREATE_MOUNTS_H
#define BD_OPS_CREATE_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/create/job.h"
#include "ops/template/open.h"
#include "rootfs/sealed.h"
#include "rootfs/tree.h"

/* What goes to one of them. */
struct create_mount {
	struct bd_sealed base; /* of a sealed template; closed: nothing of it */
	struct bd_tree tree;
};

struct create_mounts {
	struct bd_sealed root; /* likewise, of the root filesystem */
	struct create_mount items[BD_GUEST_MOUNTS_MAX]; /* by the indices of guest.disks.items */
};

void create_mounts_init(struct create_mounts *mounts);
void create_mounts_dispose(struct create_mounts *mounts); /* idempotent */

bool create_has_mounts(const struct create_job *job);
/* What they have for files beside the root's, in all. */
uint64_t create_mounted_bytes(const struct bd_guest *guest);

/* Makes the directories that they are mounted on, where the template has none, in its tree. ENOTDIR: the template has
 * something else there. */
int create_mounts_add_points(const struct create_job *job, struct bd_template *template, struct bd_error *err);
/* When the tree has all of its files: moves theirs out of it, and takes the sealed template apart likewise. Warns of
 * hard links that this cuts. mounts_out is initialized, and the caller's to dispose of in any case. */
int create_mounts_split(const struct create_job *job, struct bd_template *template, struct create_mounts *mounts_out,
			struct bd_error *err);

/* What the root filesystem is filled with, under the tree; NULL: nothing is sealed. */
const struct bd_sealed *create_mounts_root(const struct create_mounts *mounts, const struct bd_template *template);

/* What sealed files go to one of them; NULL: none. */
const struct bd_sealed *create_mount_base(const struct create_mount *mount);

/* Whether all of them can hold what goes to them. ENOSPC. */
int create_mounts_check_fit(const struct create_job *job, const struct create_mounts *mounts, struct bd_error *err);
/* Writes the filesystem of a further disk that is mounted, the file of fd and path having its size already. base_time: ctime of the template's
 * files. ENOSPC. */
int create_mounts_write(const struct create_job *job, const struct create_mounts *mounts, size_t disk, int fd,
			const char *path, int64_t base_time, struct bd_error *err);

#endif
