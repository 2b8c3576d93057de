/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that will be done to copy a guest, decided before anything is touched. */
#ifndef BD_OPS_CLONE_JOB_H
#define BD_OPS_CLONE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/device.h"
#include "guest/create_request.h"
#include "guest/renew.h"
#include "inside/root.h"
#include "ops/create/defaults.h"
#include "ops/create/job.h"
#include "rootfs/tree.h"
#include "xlcfg/read.h"

/* What lies where on a disk that is copied. */
struct clone_disk {
	bool has_table;
	uint32_t signature;
	int root_partition; /* 0: it has the whole disk */
	uint64_t root_offset_bytes, root_size_bytes;
	bool has_swap;
	int partition_numbers[8];
	size_t partition_count;
	uint8_t root_uuid[16], swap_uuid[16];
	char label[17], new_label[17]; /* new_label "": it stays */
	bool uuid_in_checksums; /* see inside/root.h */
};

/* A disk behind the first, or a partition of the first with a filesystem beside the root's. */
struct clone_further {
	const char *source; /* of a disk; borrowed from the source's cfg */
	int fd; /* of a disk, for reading */
	int partition; /* its number; 0: it is a disk */
	uint64_t offset_bytes; /* of a partition */
	bool has_filesystem; /* a disk: as a whole, without partitions */
	uint8_t uuid[16]; /* the copy's */
	struct bd_inside_root root; /* the source's; with has_filesystem */
	char *mount; /* where the guest mounts it; NULL: nowhere, as far as its /etc/fstab says */
	struct bd_tree tree; /* what the copy has there that the source has not */
};

struct clone_job {
	struct bd_cfg source;
	char *source_text; /* of its cfg */
	int source_lock_fd, copy_lock_fd; /* so that neither guest is started, changed or removed meanwhile */
	int source_fd; /* its disk, for reading */
	struct bd_device
		source_device; /* the same, where it is a logical volume; the copy is one of the same group and thin pool then */
	bool may_be_running; /* Xen could not be asked */
	uint64_t size_bytes;
	struct clone_disk disk;
	struct clone_further further[BD_GUEST_MOUNTS_MAX]; /* those of new.guest.disks.items */
	/* The source's seed disk: its disk is copied as it is then, and what is the copy's own is on the copy's seed disk. NULL: none. */
	const char *seed_source;
	struct create_job new; /* the copy, as far as `clone` decides it */
	bool copy_kernel, copy_ramdisk; /* they are the source's own files in dom0 */
	bool ip6_is_default; /* the copy's first interface has it from the host's defaults */
	struct bd_renewal renewal;
	struct bd_tree tree; /* what the copy has that the source has not */
	struct bd_identity_result identity;
};

void clone_job_init(struct clone_job *job);
void clone_job_dispose(struct clone_job *job); /* idempotent */

/* Sets what the host says of networks, which a copy does not take from its source, where the request does not. The source is
 * in the job already. */
int clone_apply_defaults(struct clone_job *job, struct create_defaults *defaults, struct bd_create_request *request,
			 struct bd_error *err);

/* From the source, which is in the job already, and the request, where memory and virtual CPUs that were not given are the
 * source's; touches nothing. BD_EUSAGE: a static address would be doubled. ENOTSUP: what the source has cannot be copied
 * so. */
int clone_decide(const struct bd_create_request *request, struct clone_job *job, struct bd_error *err);

#endif
