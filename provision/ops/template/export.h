/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a template to a tar archive, or that of a whole disk to a raw disk image. */
#ifndef BD_OPS_TEMPLATE_EXPORT_H
#define BD_OPS_TEMPLATE_EXPORT_H

#include "base/err.h"
#include "template/store.h"

/* wanted: "none", "gzip", "xz" or "zstd"; NULL: by the end of the file's name (".tar.zst"), and none where that says nothing.
 * BD_EUSAGE: it is none of these. */
int bd_template_export_compression(const char *wanted, const char *file, const char **compression_out,
				   struct bd_error *err);

/* BD_EUSAGE: it is a whole disk, and the compression or the file's suffix are those of an archive. */
int bd_template_export_check_form(const struct bd_stored *stored, const char *compression, const char *file,
				  struct bd_error *err);

/* Whether a file can be created at path: nothing is there, and its folder may be written to. */
int bd_template_export_check(const char *path, struct bd_error *err);

/* The file is there completely or not at all, is for its owner only, and replaces nothing (BD_KIND_EXISTS). */
int bd_template_export_to_file(const struct bd_stored *stored, const char *compression, const char *path,
			       struct bd_error *err);
int bd_template_export_to_fd(const struct bd_stored *stored, const char *compression, int fd, struct bd_error *err);

#endif
