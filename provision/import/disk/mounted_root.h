/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a root filesystem, and of those that are mounted in it, into a template. */
#ifndef BD_IMPORT_DISK_MOUNTED_ROOT_H
#define BD_IMPORT_DISK_MOUNTED_ROOT_H

#include "base/err.h"
#include "base/progress.h"
#include "inside/mounts/mounts.h"
#include "template/writer/writer.h"

/* fd: of the raw disk; its offset moves. source_fd: of what it was unpacked from, or the same. What a mount would hide is left out. The
 * lines of /etc/fstab about what was merged, or left out, become comments.
 * BD_KIND_IN_USE: it was not unmounted, or is written to. EINVAL: a mount point is no directory. */
int bd_mounted_root_import(int fd, int source_fd, const struct bd_inside_mounts *mounts, bd_progress_report progress,
			   struct bd_sealed_writer *writer, struct bd_error *err);

#endif
