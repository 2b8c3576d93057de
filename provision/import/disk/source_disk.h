/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Imports the root filesystem of a disk image or a block device. */
#ifndef BD_IMPORT_DISK_SOURCE_DISK_H
#define BD_IMPORT_DISK_SOURCE_DISK_H

#include <limits.h>

#include "base/err.h"
#include "base/progress.h"
#include "template/writer/writer.h"

/* An ext2, ext3 or ext4 filesystem of a raw disk, or of a file of another format (raw_disk.h): bare, or in a partition (MBR or
 * GPT); of several the one with /etc and /sbin or /usr.
 * PATH@NUMBER, where there is nothing called so, is that partition of PATH. */
int bd_source_disk(const char *path, bd_progress_report progress, struct bd_sealed_writer *writer,
		   struct bd_error *err);

/* The same of an open file or device (borrowed; its offset moves): a disk that was found inside something else, say, in a
 * temporary file. partition 0: none was named. what names it in messages: "disk.raw in cloud.tar.xz". */
int bd_source_disk_fd(int fd, int partition, const char *what, bd_progress_report progress,
		      struct bd_sealed_writer *writer, struct bd_error *err);

/* PATH@NUMBER taken apart; partition_out is 0 where there is no number. */
int bd_source_disk_split(const char *path, char file_out[PATH_MAX], int *partition_out, struct bd_error *err);

#endif
