/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One disk of a guest that is copied, and the filesystem on the copy. */
#ifndef BD_OPS_CLONE_SOURCE_H
#define BD_OPS_CLONE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/device.h"
#include "inside/root.h"
#include "ops/clone/job.h"
#include "rootfs/tree.h"

/* For reading. BD_KIND_IN_USE. ENOTSUP: it is no regular file. */
int clone_source_open(const struct clone_job *job, const char *path, int *fd_out, uint64_t *size_bytes_out,
		      struct bd_error *err);
/* A journal that needs a replay may be that of a guest that runs. */
int clone_source_check_replayed(const struct clone_job *job, const struct bd_inside_root *root, struct bd_error *err);
int clone_source_change_uuid(struct bd_word_changes *changes, const uint8_t from[16], const uint8_t to[16],
			     struct bd_error *err);

/* path: of the source, for messages; size_bytes: of it. BD_KIND_IN_USE: it was written to meanwhile. */
int clone_source_copy(int source_fd, const char *path, uint64_t size_bytes, int fd, struct bd_error *err);

/* One on the copy; all borrowed. */
struct clone_filesystem {
	int fd; /* of the disk */
	const char *path; /* by which other processes reach it */
	struct bd_device *device; /* that the disk is; NULL: it is a file */
	int partition; /* 0: it has the whole disk */
	uint64_t offset_bytes;
	const uint8_t *uuid; /* the copy's */
	const char *label; /* NULL: it stays */
	bool uuid_in_checksums; /* see inside/root.h */
	const struct bd_tree *tree; /* what is put into it */
};

int clone_source_edit(const struct clone_filesystem *filesystem, struct bd_error *err);

#endif
