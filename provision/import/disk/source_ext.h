/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Imports all files of one ext2, ext3 or ext4 filesystem. */
#ifndef BD_IMPORT_DISK_SOURCE_EXT_H
#define BD_IMPORT_DISK_SOURCE_EXT_H

#include <ext2fs/ext2fs.h>
#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "template/writer/writer.h"

/* Directories in the order of their names; an empty lost+found stays behind. source_bytes: what progress comes to.
 * EBUSY: it was not unmounted cleanly. EIO: it has errors, or is damaged. e2fsck is to correct both. */
int bd_source_ext(ext2_filsys fs, uint64_t source_bytes, bd_progress_report progress, struct bd_sealed_writer *writer,
		  struct bd_error *err);

#endif
