/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a template can be imported from; each streams its entries into a seal. Messages name the source and the entry.
 * progress, when not NULL, is called with the bytes of the source (0 to *size) that are done.
 */
#ifndef BD_IMPORT_SOURCES_H
#define BD_IMPORT_SOURCES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "template/writer/writer.h"

typedef void (*bd_source_progress)(uint64_t bytes_done);

/* A tarball (or any other archive) that libarchive reads, in any compression; fd is read from where it stands and need
 * not be seekable. layer: .wh.NAME and .wh..wh..opq are whiteouts, and replacing is allowed (OCI image spec, layer.md). */
int bd_source_archive(int fd, const char *what, bool layer, bd_source_progress progress,
		      struct bd_sealed_writer *writer, struct bd_error *err);
/* A folder of the host. It stays on the folder's own filesystem: a mount point inside becomes an empty directory. */
int bd_source_directory(const char *path, bd_source_progress progress, struct bd_sealed_writer *writer,
			struct bd_error *err);
/* Which of several container images; both may be NULL. */
struct bd_image_choice {
	const char *tag; /* "web:1", "docker.io/library/debian:12" or the end of it, or the digest of a manifest */
	const char *platform; /* "linux/amd64", which is the default, or "linux/arm/v7" */
};
/* A container image: an OCI image layout, a docker-archive, or a "dir:" of skopeo; a folder, or a tar of one. The layers
 * are checked against their digests. choice may be NULL. */
int bd_source_oci(const char *path, const struct bd_image_choice *choice, bd_source_progress progress,
		  struct bd_sealed_writer *writer, struct bd_error *err);
/* The same of what is open (borrowed), from where it stands. */
int bd_source_oci_fd(int fd, const char *what, const struct bd_image_choice *choice, bd_source_progress progress,
		     struct bd_sealed_writer *writer, struct bd_error *err);
/* An ext2, ext3 or ext4 filesystem: bare, or in a partition (MBR or GPT) of a disk image; of several the one with /etc
 * and /sbin or /usr. PATH@NUMBER, where there is nothing called so, is that partition of PATH. */
int bd_source_disk(const char *path, bd_source_progress progress, struct bd_sealed_writer *writer,
		   struct bd_error *err);

/* PATH@NUMBER taken apart; partition_out is 0 where there is no number. */
int bd_source_disk_split(const char *path, char file_out[PATH_MAX], int *partition_out, struct bd_error *err);

enum bd_source_kind { BD_SOURCE_ARCHIVE, BD_SOURCE_DIRECTORY, BD_SOURCE_OCI, BD_SOURCE_DISK };
/* Looks at what is there ("-" is standard input; what comes through a pipe counts as an archive until it is read).
 * size_bytes_out: for the progress bar, 0 where unknown. */
int bd_source_recognise(const char *path, enum bd_source_kind *kind_out, uint64_t *size_bytes_out,
			struct bd_error *err);
const char *bd_source_kind_name(enum bd_source_kind kind); /* "archive", "directory", "oci", "disk" */
/* Reads a source of any kind; "-" is standard input. *kind becomes BD_SOURCE_OCI when a container image came through a
 * pipe. BD_EUSAGE: there is a choice (which may be NULL), and it is no container image. */
int bd_source_import(const char *path, enum bd_source_kind *kind, const struct bd_image_choice *choice,
		     bd_source_progress progress, struct bd_sealed_writer *writer, struct bd_error *err);

#endif
