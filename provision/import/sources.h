/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sources of a template: an archive, a directory, a container image or a disk. Messages name the source and the
 * entry in it.
 *
 * A disk may be in an archive, or compressed (wrap/inner_disk.h): its kind is that of a disk. */
#ifndef BD_IMPORT_SOURCES_H
#define BD_IMPORT_SOURCES_H

#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "import/oci/image_choice.h"
#include "template/writer/writer.h"

enum bd_source_kind { BD_SOURCE_ARCHIVE, BD_SOURCE_DIRECTORY, BD_SOURCE_OCI, BD_SOURCE_DISK };
/* Looks at what is there ("-" is standard input; what comes through a pipe counts as an archive until it is read). fd, here and
 * below: the file or directory itself, borrowed, which is read from its beginning, and path is what messages call it; -1: path is
 * opened. size_bytes_out: for the progress bar, 0 where unknown. */
int bd_source_recognise(const char *path, int fd, enum bd_source_kind *kind_out, uint64_t *size_bytes_out,
			struct bd_error *err);
const char *bd_source_kind_name(enum bd_source_kind kind); /* "archive", "directory", "oci", "disk" */
/* Reads a source of any kind; "-" is standard input. *kind becomes BD_SOURCE_OCI or BD_SOURCE_DISK when such came through a
 * pipe. BD_EUSAGE: there is a choice (which may be NULL), and it is no container image. */
int bd_source_import(const char *path, int fd, enum bd_source_kind *kind, const struct bd_image_choice *choice,
		     bd_progress_report progress, struct bd_sealed_writer *writer, struct bd_error *err);
/* Before reading: BD_EUSAGE: there is a choice, and the source is certainly no container image. */
int bd_source_check_choice(const char *path, int fd, enum bd_source_kind kind, const struct bd_image_choice *choice,
			   struct bd_error *err);

#endif
