/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libarchive behind a door: loaded when the first archive is read or written. It brings a dozen libraries with it,
 * which would take longer to load than an empty disk takes to make.
 */
#ifndef BD_TEMPLATE_ARCHIVE_DOOR_H
#define BD_TEMPLATE_ARCHIVE_DOOR_H

#include <archive.h>
#include <archive_entry.h>

#include "base/err.h"

/* The functions in use, without their "archive_"; their types are those of libarchive's own headers. */
#define BD_ARCHIVE_FUNCTIONS(X) \
	X(entry_free) \
	X(entry_new) X(entry_set_gid) X(entry_set_mode) X(entry_set_mtime) X(entry_set_nlink) X(entry_set_pathname) \
		X(entry_set_rdev) X(entry_set_size) X(entry_set_symlink) X(entry_set_uid) X(error_string) \
			X(read_data) X(read_free) X(read_new) X(read_next_header) X(read_open_filename) \
				X(read_support_filter_all) X(read_support_format_raw) X(write_close) X(write_data) \
					X(write_free) X(write_header) X(write_new) X(write_open_memory) \
						X(write_set_bytes_per_block) X(write_set_format_cpio_newc)

struct bd_archive_functions {
#define BD_ARCHIVE_MEMBER(name) __typeof__(archive_##name) *name;
	BD_ARCHIVE_FUNCTIONS(BD_ARCHIVE_MEMBER)
#undef BD_ARCHIVE_MEMBER
};

/* ENOENT: libarchive is not installed. The functions stay valid for the life of the process. */
int bd_archive_load(const struct bd_archive_functions **functions_out, struct bd_error *err);

/* For BD_DISPOSE: each takes NULL too. */
void bd_archive_dispose_read(struct archive **archive);
void bd_archive_dispose_write(struct archive **archive);
void bd_archive_dispose_entry(struct archive_entry **entry);

#endif
