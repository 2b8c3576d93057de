/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sources of a template: an archive, a directory, a container image or a disk. Messages name the source and the
 * entry in it. */
#ifndef BD_IMPORT_SOURCES_H
#define BD_IMPORT_SOURCES_H

#include <limits.h>
#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "import/oci/image_choice.h"
#include "template/writer/writer.h"

enum bd_source_kind { BD_SOURCE_ARCHIVE, BD_SOURCE_DIRECTORY, BD_SOURCE_OCI, BD_SOURCE_DISK };
/* Looks at what is there ("-" is standard input; what comes through a pipe counts as an archive until it is read).
 * size_bytes_out: for the progress bar, 0 where unknown. */
int bd_source_recognise(const char *path, enum bd_source_kind *kind_out, uint64_t *size_bytes_out,
			struct bd_error *err);
const char *bd_source_kind_name(enum bd_source_kind kind); /* "archive", "directory", "oci", "disk" */
/* Reads a source of any kind; "-" is standard input. *kind becomes BD_SOURCE_OCI when a container image came through a
 * pipe. BD_EUSAGE: there is a choice (which may be NULL), and it is no container image. */
int bd_source_import(const char *path, enum bd_source_kind *kind, const struct bd_image_choice *choice,
		     bd_progress_report progress, struct bd_sealed_writer *writer, struct bd_error *err);
/* Where a disk goes that is inside something else, or comes through a pipe. */
struct bd_unpack_room {
	const char *folder; /* taken where the folder of temporary files has too little room; NULL: there is none */
	uint64_t limit_bytes; /* of what is not zero; 0: any amount */
};

/* A disk, ready to be read: the file or device itself, or an unnamed temporary file that it was unpacked into. */
struct bd_opened_disk {
	int fd; /* -1: closed */
	int partition; /* that the source names as PATH@NUMBER; 0: none */
	char what[PATH_MAX + 64]; /* for messages: "disk.raw in cloud.tar.xz" */
};

/* Opens the disk that a source is, or that is in it. The source's format of virtual disks is what it was: raw, qcow2... EINVAL: it
 * is no disk, and holds none. */
int bd_source_open_disk(const char *path, const struct bd_unpack_room *room, bd_progress_report progress,
			struct bd_opened_disk *disk_out, struct bd_error *err);
void bd_opened_disk_dispose(struct bd_opened_disk *disk); /* idempotent */

/* Before reading: BD_EUSAGE: there is a choice, and the source is certainly no container image. */
int bd_source_check_choice(const char *path, enum bd_source_kind kind, const struct bd_image_choice *choice,
			   struct bd_error *err);

#endif
