/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides whether a disk becomes a template as its root filesystem or as it is, and finds out what a guest of it can be
 * booted by. */
#ifndef BD_IMPORT_DISK_WHOLE_DISK_H
#define BD_IMPORT_DISK_WHOLE_DISK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/progress.h"
#include "import/disk/raw_disk.h"
#include "template/writer/writer.h"

/* *taken_out: the writer has the whole disk, and there is nothing left to be done. False: the root filesystem is to be read. The writer's form
 * (bd_sealed_writer_form) says which of the two it may be; of both, root is preferred where one can be read. The
 * offset of its descriptor moves. source_fd: of what it was unpacked from, or the same. EBUSY: another program may write to that. */
int bd_source_whole_disk(const struct bd_raw_disk *raw, int source_fd, bd_progress_report progress,
			 struct bd_sealed_writer *writer, bool *taken_out, struct bd_error *err);

#endif
