/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts libarchive's description of an entry to a frame (frame.h). */
#ifndef BD_IMPORT_ARCHIVE_META_H
#define BD_IMPORT_ARCHIVE_META_H

#include "base/archive_library.h"
#include "base/err.h"
#include "filestream/entry.h"

/* format: ARCHIVE_FORMAT_TAR and so on. content_bytes_out: of content that is to follow. When this fails, the frame is
 * begun and not ended. */
int bd_archive_meta_send(const struct bd_archive_functions *la, struct archive_entry *entry, int format,
			 struct bd_frame_writer *writer, uint64_t *content_bytes_out, struct bd_error *err);

#endif
