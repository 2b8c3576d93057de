/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices, by the ioctls of linux/loop.h (Linux 5.8 or later).
 *
 * One is attached with autoclear: the kernel detaches it when the last that has it open closes it. Until the backend's driver has it,
 * that is whoever attached it; one that is killed leaves nothing.
 */
#ifndef BD_HOTPLUG_BLOCK_LOOP_H
#define BD_HOTPLUG_BLOCK_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "hotplug/block/devices.h"

struct bd_block_loop {
	int fd; /* keeps it attached; -1: none is */
	char path[24]; /* "/dev/loop3" */
	dev_t device;
	uint64_t
		disk_sequence; /* of this attachment, never used again until the host reboots; 0: Linux before 5.15 */
	bool is_direct; /* direct I/O: the file's filesystem takes it, at blocks of 512 bytes */
};

#define BD_BLOCK_LOOP_INIT \
	{ \
		.fd = -1 \
	}

/* Attaches the file, an open one of any kind (O_PATH, too), with blocks of 512 bytes, as what is on it was partitioned, and without a
 * scan for partitions. */
int bd_block_loop_attach(int file_fd, const char *file_path, bool is_writable, struct bd_block_loop *loop_out,
			 struct bd_error *err);
/* From now on it stays until it is detached. */
int bd_block_loop_keep(const struct bd_block_loop *loop, struct bd_error *err);
void bd_block_loop_dispose(struct bd_block_loop *loop); /* idempotent */

/* Adds all loop devices of a file. */
int bd_block_loop_find(dev_t device, ino_t inode, struct bd_block_devices *devices, struct bd_error *err);

/* The file of a loop device. 0: it is no loop device, or is not attached. 1: it is. */
int bd_block_loop_file(dev_t loop_device, dev_t *device_out, ino_t *inode_out, struct bd_error *err);

/* The path is of a loop device: "/dev/loop3". */
bool bd_block_is_loop(const char *path);

/* Detaches the loop device, at once or when the last has closed it. 0: it is detached, is no longer there, or is another attachment
 * than that of disk_sequence (0: not known) and stays. Fails where the path is no loop device's. */
int bd_block_loop_detach(const char *path, uint64_t disk_sequence, struct bd_error *err);

#endif
