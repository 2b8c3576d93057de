/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one kind of lock: a byte of an empty file, or far behind the end of a disk image, at an offset that is a hash of what is locked, so
 * that nothing is left behind for each guest. It is a lock of the open file description (F_OFD_SETLK in fcntl(2)): other descriptors of this
 * process do not release it, and the kernel takes it away with the last descriptor, however the process ends.
 *
 * base/file/lock.h (guests, templates and disk images), libxl/build.c (names of domains), libxl/monitor/presence.h (monitors),
 * libxl/bootloader/uid.h (uids of boot loaders) and hotplug/block/locks.h (disks, while they are given to a guest) are made
 * of it. What is locked in another way says so where it is done:
 *   flock(2) on a block device (disk/device.c), which is udev's protocol;
 *   flock(2) on an unpublished file or folder (base/file/atomic_file.h, template/store_folder.h): a directory cannot be opened
 *   for writing, as these locks demand;
 *   flock(2) on the file of Xen's script block (hotplug/block/locks.h), which is its protocol;
 *   fcntl(2)'s lock on xl's own file (libxl/memory.c, ops/doctor/host.c), which is xl's protocol;
 *   a lease (disk/use/in_use.h), which is no lock but a question: whether any program has a file open for writing. */
#ifndef BD_BASE_FILE_BYTE_LOCK_H
#define BD_BASE_FILE_BYTE_LOCK_H

#include <stddef.h>
#include <sys/types.h>

/* Where the byte of a key is. Two keys of one offset only keep each other away. */
off_t bd_byte_lock_offset(const void *key, size_t size_bytes);

/* Locks it until fd, which is open for writing, is closed. 0: done. 1: another open file has it. -1: errno. */
int bd_byte_lock(int fd, off_t offset);

/* Likewise, but waits as long as another open file has it. 0: done. -1: errno; EINTR where a signal came first. */
int bd_byte_lock_wait(int fd, off_t offset);

/* 0: nobody has it. 1: another open file has it. -1: errno. */
int bd_byte_lock_is_held(int fd, off_t offset);

#endif
