/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has been written to a template so far, looked at before it is finished: which files there are, and whether the root
 * filesystem is in a directory of it. */
#ifndef BD_TEMPLATE_WRITER_TOP_H
#define BD_TEMPLATE_WRITER_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/file_type.h"
#include "template/writer/writer.h"

/* What a path is, whose parents are directories; "etc/passwd". BD_TYPE_NONE: it is not there. */
enum bd_file_type bd_sealed_writer_type(struct bd_sealed_writer *writer, const char *path);
/* It is a regular file without content. */
bool bd_sealed_writer_is_empty(struct bd_sealed_writer *writer, const char *path);

#define BD_SEALED_WRITER_FIRST UINT32_MAX
struct bd_sealed_writer_entry {
	uint32_t at; /* for the next call; BD_SEALED_WRITER_FIRST before the first */
	enum bd_file_type type;
	char name[256];
};
/* The entries of the root, in the order in which they came. False: there are no more. */
bool bd_sealed_writer_next_at_top(const struct bd_sealed_writer *writer, struct bd_sealed_writer_entry *entry);

/* A directory in the root takes its place, with its owner, mode, times and attributes; all else in the root is gone. EINVAL: it is
 * no directory there. */
int bd_sealed_writer_raise(struct bd_sealed_writer *writer, const char *name, struct bd_error *err);

#endif
