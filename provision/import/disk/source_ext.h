/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Importing the tree of one ext2, ext3 or ext4 filesystem. */
#ifndef BD_IMPORT_DISK_SOURCE_EXT_H
#define BD_IMPORT_DISK_SOURCE_EXT_H

#include <ext2fs/ext2fs.h>
#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "template/writer/writer.h"

/* Opens the filesystem that begins at offset_bytes of a file or device, for reading. The caller ends it with
 * bd_ext_close. limit_bytes: where the file or device ends, counted from its beginning. */
int bd_ext_open(const char *path, uint64_t offset_bytes, uint64_t limit_bytes, ext2_filsys *fs_out,
		struct bd_error *err);
void bd_ext_close(ext2_filsys *fs); /* for BD_DISPOSE; idempotent */

/* EBUSY: it was not unmounted cleanly. EIO: it has errors. Both are for e2fsck to mend. */
int bd_ext_check_clean(ext2_filsys fs, struct bd_error *err);

/* Directories in the order of their names; an empty lost+found stays behind. source_bytes: what progress comes to. */
int bd_source_ext(ext2_filsys fs, uint64_t source_bytes, bd_progress_report progress, struct bd_sealed_writer *writer,
		  struct bd_error *err);

#endif
