/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side of an archive: reads it with libarchive from its first byte to its last, and writes its entries
 * as frames. What libarchive tolerates (data after the end, a wrong gzip checksum, lost attributes) is an error
 * here. */
#ifndef BD_IMPORT_ARCHIVE_READER_H
#define BD_IMPORT_ARCHIVE_READER_H

#include <stdbool.h>

#include "base/err.h"

/* What reading may take. xz and zstd ask for 64 and 128 MiB at their highest levels. */
#define BD_ARCHIVE_MEMORY_MIB 1024u
#define BD_ARCHIVE_IDLE_CPU_S 60u /* without reading anything on, and without giving anything */

struct bd_archive_reader;

/* In the parent: reads the first bytes from where fd stands, and refuses what is to be refused by them. takes_disk: not a disk image,
 * which comes as the only entry, of the format ARCHIVE_FORMAT_RAW and of no size. */
int bd_archive_reader_open(int fd, bool takes_disk, struct bd_archive_reader **reader_out, struct bd_error *err);
void bd_archive_reader_free(struct bd_archive_reader **reader); /* idempotent */

/* In the child (sandbox/sandbox.h), before and after it has given up its power; context is the reader. */
void bd_archive_reader_prepare(void *context);
void bd_archive_reader_run(void *context, int input_fd, int output_fd);

#endif
