/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The /etc/fstab of a root filesystem into which others were merged. */
#ifndef BD_IMPORT_DISK_MERGED_FSTAB_H
#define BD_IMPORT_DISK_MERGED_FSTAB_H

#include "base/err.h"
#include "filestream/file_stream.h"
#include "inside/mounts/mounts.h"
#include "template/writer/writer.h"

/* The lines of what was merged, and of what was left out, become comments; all others stay byte for byte. The caller frees. */
int bd_merged_fstab(const char *text, const struct bd_inside_mounts *mounts, char **text_out, struct bd_error *err);

/* Adds the fstab that the stream is at, which meta is of, under path with its text changed so. EFBIG: it is longer than
 * BD_MOUNTS_FSTAB_BYTES_MAX. */
int bd_merged_fstab_add(struct bd_file_stream *stream, const char *path, const struct bd_file_meta *meta,
			const struct bd_inside_mounts *mounts, struct bd_sealed_writer *writer, struct bd_error *err);

#endif
