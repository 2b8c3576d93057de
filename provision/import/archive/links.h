/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hard links of cpio's newc format: only the last name of a file comes with the content, so the names before it
 * must be deferred. libarchive returns the first name as an empty file, the others as links to it. */
#ifndef BD_IMPORT_ARCHIVE_LINKS_H
#define BD_IMPORT_ARCHIVE_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "template/writer/writer.h"

struct bd_waiting_file {
	struct bd_file_meta meta; /* without xattrs, which cpio has not */
	char **names; /* the first one is what libarchive calls it by; count 0: it has been sealed */
	size_t count;
};

struct bd_waiting_files {
	struct bd_waiting_file *files;
	size_t count;
};

void bd_waiting_dispose(struct bd_waiting_files *waiting); /* idempotent */

/* An empty file with more than one name. */
int bd_waiting_add(struct bd_waiting_files *waiting, const char *path, const struct bd_file_meta *meta,
		   struct bd_error *err);
/* NULL: no file of that first name waits. */
struct bd_waiting_file *bd_waiting_find(const struct bd_waiting_files *waiting, const char *first_name);
int bd_waiting_add_name(struct bd_waiting_file *file, const char *path, struct bd_error *err);
/* The file is in the template now, as path: its names become links to it. */
int bd_waiting_link(struct bd_waiting_file *file, const char *path, struct bd_sealed_writer *writer,
		    struct bd_error *err);
/* What is left at the archive's end is really empty. */
int bd_waiting_flush(struct bd_waiting_files *waiting, struct bd_sealed_writer *writer, struct bd_error *err);

#endif
