/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Imports a squashfs, as LXD and Incus, live systems and OpenWrt have them. */
#ifndef BD_IMPORT_ARCHIVE_SOURCE_SQUASHFS_H
#define BD_IMPORT_ARCHIVE_SOURCE_SQUASHFS_H

#include "base/err.h"
#include "base/progress.h"
#include "template/writer/writer.h"

/* fd: borrowed, of a file or a block device of which it is the whole. what names it in messages. Sockets, which no tar archive has, are left out with
 * a warning. ENOPKG: sqfs2tar is not installed. */
int bd_source_squashfs(int fd, const char *what, bd_progress_report progress, struct bd_sealed_writer *writer,
		       struct bd_error *err);

#endif
