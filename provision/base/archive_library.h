/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libarchive, loaded with dlopen(3) when the first archive is read or written: it depends on a dozen libraries, and
 * loading them would take longer than creating an empty disk. */
#ifndef BD_BASE_ARCHIVE_LIBRARY_H
#define BD_BASE_ARCHIVE_LIBRARY_H

#include <archive.h>
#include <archive_entry.h>

#include "base/err.h"

/* The functions in use, without their "archive_"; their types are those of libarchive's own headers. */
/* clang-format off */
#define BD_ARCHIVE_FUNCTIONS(X) \
	X(entry_acl_add_entry) X(entry_acl_next) X(entry_acl_reset) X(entry_acl_types) X(entry_atime) \
	X(entry_atime_is_set) X(entry_atime_nsec) X(entry_clear) X(entry_filetype) X(entry_free) X(entry_gid) \
	X(entry_hardlink) X(entry_mode) X(entry_mtime) X(entry_mtime_nsec) X(entry_new) X(entry_nlink) \
	X(entry_pathname) X(entry_rdevmajor) X(entry_rdevminor) X(entry_set_atime) X(entry_set_gid) \
	X(entry_set_hardlink) X(entry_set_mode) X(entry_set_mtime) X(entry_set_nlink) X(entry_set_pathname) \
	X(entry_set_rdev) X(entry_set_rdevmajor) X(entry_set_rdevminor) X(entry_set_size) X(entry_set_symlink) \
	X(entry_set_uid) X(entry_size) X(entry_size_is_set) X(entry_sparse_add_entry) X(entry_symlink) \
	X(entry_uid) X(entry_xattr_add_entry) X(entry_xattr_next) X(entry_xattr_reset) X(error_string) \
	X(filter_bytes) X(filter_count) X(format) X(read_data) X(read_data_block) X(read_free) \
	X(read_header_position) X(read_new) X(read_next_header) X(read_open1) X(read_open_filename) \
	X(read_set_callback_data) X(read_set_read_callback) X(read_set_seek_callback) X(read_set_skip_callback) \
	X(read_support_filter_bzip2) X(read_support_filter_compress) X(read_support_filter_gzip) \
	X(read_support_filter_lz4) X(read_support_filter_lzip) X(read_support_filter_lzma) \
	X(read_support_filter_rpm) X(read_support_filter_uu) X(read_support_filter_xz) \
	X(read_support_filter_zstd) X(read_support_format_7zip) X(read_support_format_cab) \
	X(read_support_format_cpio) X(read_support_format_iso9660) X(read_support_format_lha) \
	X(read_support_format_rar) X(read_support_format_rar5) X(read_support_format_raw) \
	X(read_support_format_tar) X(read_support_format_xar) X(read_support_format_zip_seekable) \
	X(write_add_filter_gzip) X(write_add_filter_none) X(write_add_filter_xz) X(write_add_filter_zstd) \
	X(write_close) X(write_data) X(write_fail) X(write_free) X(write_header) X(write_new) X(write_open_fd) \
	X(write_open_memory) X(write_set_bytes_in_last_block) X(write_set_bytes_per_block) X(write_set_filter_option) \
	X(write_set_format_cpio_newc) X(write_set_format_iso9660) X(write_set_format_option) X(write_set_format_pax)
/* clang-format on */

struct bd_archive_functions {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a member's name takes none. */
#define BD_ARCHIVE_MEMBER(name) __typeof__(archive_##name) *name;
	BD_ARCHIVE_FUNCTIONS(BD_ARCHIVE_MEMBER)
#undef BD_ARCHIVE_MEMBER
};

/* ENOPKG: libarchive is not installed. The functions stay valid for the life of the process. */
int bd_archive_load(const struct bd_archive_functions **functions_out, struct bd_error *err);

/* The compressions that this libarchive has built in. The others it leaves to programs that it would look for in PATH: an
 * archive is not to choose what is run here. */
int bd_archive_support_filters(const struct bd_archive_functions *la, struct archive *archive, struct bd_error *err);

/* For BD_DISPOSE: each takes NULL too. */
void bd_archive_dispose_read(struct archive **archive);
void bd_archive_dispose_write(struct archive **archive);
void bd_archive_dispose_entry(struct archive_entry **entry);

#endif
