/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A block device, or a file that is there already, that becomes a guest's disk: it is checked, reserved, cleared, and made
 * unusable if the operation fails.
 *
 * Order: bd_device_open, bd_device_clear, write to fd, bd_device_sync, bd_device_keep; then bd_device_dispose. From
 * bd_device_clear on, the former contents are lost. Before bd_device_keep, bd_device_abandon and bd_device_dispose
 * leave a blank device: no partition table, no boot sector, no filesystem that begins in its first 2 MiB, nothing at its end. */
#ifndef BD_DISK_DEVICE_H
#define BD_DISK_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Of a disk that is to look blank: at its beginning the partition table, the boot sector and the first superblock of a partition that
 * begins at 1 MiB; at its end the second copy of a GPT, and the superblocks of arrays and pools. */
#define BD_DISK_HEAD_BYTES (2u << 20)
#define BD_DISK_TAIL_BYTES (1u << 20)

struct bd_device {
	int fd; /* open exclusively, or locked where it is a file; owned; -1: not open */
	char *path; /* as it was given, so that a stable name stays one; owned */
	char *work_path; /* how other code and other processes reach this very device; owned */
	dev_t number; /* of a block device */
	uint64_t size_bytes;
	bool cleared; /* what was there is gone, even if clearing ended half-way */
	bool kept; /* it is a guest's disk now */
};

#define BD_DEVICE_INIT \
	{ \
		.fd = -1 \
	}

/* For planning. The path must be absolute. ENOTBLK: it is something else; the message says what. */
int bd_device_size(const char *path, uint64_t *size_bytes_out, struct bd_error *err);

/* Likewise of a device or a file. *is_file_out: it is a file. */
int bd_target_size(const char *path, uint64_t *size_bytes_out, bool *is_file_out, struct bd_error *err);

/* BD_DEVICE_LOOK: before it is written to. BD_DEVICE_READ: a read-only one will do. */
enum bd_device_access { BD_DEVICE_LOOK, BD_DEVICE_READ, BD_DEVICE_WRITE };

/* Claims the device against other programs. What is on it is not looked at: inside/probe.h.
 * EBUSY: mounted, swap, part of something else, locked, or the disk of a running guest. ENOTSUP: its sectors are not of 512
 * bytes. */
int bd_device_open(const char *path, enum bd_device_access access, struct bd_device *device_out,
		   struct bd_error *err);

/* Likewise, but a file will do as well. EBUSY: as bd_disk_check_free (disk/use/in_use.h), or another program has locked it. */
int bd_target_open(const char *path, enum bd_device_access access, struct bd_device *device_out,
		   struct bd_error *err);

/* For a program that claims the device itself, as e2fsck does: gives up the claim and the lock, and takes them again. fd keeps its
 * number. EBUSY: another program has claimed it meanwhile. */
int bd_device_yield(struct bd_device *device, struct bd_error *err);
int bd_device_claim(struct bd_device *device, struct bd_error *err);

/* Whether the paths name one device, or a disk and a partition of it, or one file. */
bool bd_device_shares_disk(const char *one, const char *other);

/* Makes all of it read as zeros, its beginning and end first. BD_ECANCELED when a signal came. */
int bd_device_clear(struct bd_device *device, void (*progress)(uint64_t bytes_done), struct bd_error *err);

int bd_device_sync(struct bd_device *device, struct bd_error *err);

/* The work is done: gives the device free for the guest. bd_device_retract takes that back. */
void bd_device_keep(struct bd_device *device);
void bd_device_retract(struct bd_device *device);

/* On the way out of a failure: unless it was kept, a device that was touched is wiped, and the message says so.
 * Returns -1. */
int bd_device_abandon(struct bd_device *device, struct bd_error *err);

void bd_device_dispose(struct bd_device *device); /* idempotent */

#endif
