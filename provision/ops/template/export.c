/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses the compression, and writes the archive without a name until it is complete. */
#include "ops/template/export.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/file.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "base/text.h"
#include "disk/copy.h"
#include "template/disk/sums.h"
#include "template/export/tar.h"

static const struct {
	const char *suffix, *kind;
} suffixes[] = {
	{ ".tar", "none" }, { ".tar.gz", "gzip" },  { ".tgz", "gzip" },	 { ".tar.xz", "xz" },
	{ ".txz", "xz" },   { ".tar.zst", "zstd" }, { ".tzst", "zstd" },
};

/* What others would take for something else than a tar archive without compression. */
static const char *const other_suffixes[] = { ".bz2", ".tbz",  ".tbz2", ".lz4", ".lzma", ".lz", ".lzo", ".Z",
					      ".br",  ".cpio", ".zip",	".7z",	".gz",	 ".xz", ".zst" };

int bd_template_export_compression(const char *wanted, const char *file, const char **compression_out,
				   struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (wanted ? strcmp(wanted, suffixes[i].kind) == 0 : bd_text_ends_in(file, suffixes[i].suffix)) {
			*compression_out = suffixes[i].kind;
			return 0;
		}
	if (wanted)
		return bd_usage(err, "must be one of none, gzip, xz, zstd, not \"%.40s\"", wanted);
	for (size_t i = 0; i < sizeof(other_suffixes) / sizeof(*other_suffixes); i++)
		if (bd_text_ends_in(file, other_suffixes[i]))
			return bd_usage(
				err,
				"must be given, as %s is not the suffix of a tar archive of a kind that is written: "
				".tar, .tar.gz, .tar.xz, .tar.zst",
				other_suffixes[i]);
	*compression_out = "none";
	return 0;
}

int bd_template_export_check(const char *path, struct bd_error *err)
{
	char folder[PATH_MAX];
	struct stat there;

	if (lstat(path, &there) == 0)
		return bd_exists(err, "%s already exists and was not changed", path);
	bd_path_folder(path, folder);
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0)
		return 0;
	return errno == ENOENT ? bd_not_found(err, "cannot create %s: there is no directory %s", path, folder)
			       : bd_fail_errno(err, "cannot create %s", path);
}

static int write_all(int fd, const uint8_t *data, size_t size, struct bd_error *err)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);
		if (n < 0 && errno == EINTR && bd_cancel_check(err) == 0)
			continue;
		if (n < 0)
			return err->kind == BD_KIND_CANCELED ? -1 : bd_fail_errno(err, "cannot write the disk");
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Into a pipe, where a hole is as many zeros. */
static int stream_disk(const struct bd_stored *stored, int fd, struct bd_error *err)
{
	BD_FREE uint8_t *piece = malloc(BD_DISK_PIECE_BYTES);
	ssize_t got;

	if (!piece)
		return bd_no_memory(err);
	bd_progress_stage("writing the disk", stored->manifest.disk.size_bytes);
	for (uint64_t at = 0; (got = bd_pread_full(stored->disk_fd, piece, BD_DISK_PIECE_BYTES, at)) > 0;) {
		if (bd_cancel_check(err) != 0 || write_all(fd, piece, (size_t)got, err) != 0)
			return -1;
		at += (uint64_t)got;
		bd_progress_update(at);
	}
	return got < 0 ? bd_fail_errno(err, "cannot read the template") : 0;
}

static int export_disk(const struct bd_stored *stored, int fd, struct bd_error *err)
{
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot write the disk");
	if (!S_ISREG(there.st_mode) || there.st_size > 0)
		return stream_disk(stored, fd, err);
	bd_progress_stage("writing the disk", stored->manifest.payload_bytes);
	return bd_disk_copy(stored->disk_fd, fd, bd_progress_update, err);
}

int bd_template_export_check_form(const struct bd_stored *stored, const char *compression, const char *file,
				  struct bd_error *err)
{
	if (stored->manifest.kind == BD_TEMPLATE_ROOT)
		return 0;
	if (strcmp(compression, "none") == 0 && !bd_text_ends_in(file, ".tar"))
		return 0;
	return bd_usage(
		err,
		"the template %s is a whole disk, and is written as a raw disk image without compression: give a "
		"name such as %s.img",
		stored->manifest.name, stored->manifest.name);
}

int bd_template_export_to_fd(const struct bd_stored *stored, const char *compression, int fd, struct bd_error *err)
{
	if (stored->manifest.kind == BD_TEMPLATE_DISK)
		return export_disk(stored, fd, err);
	bd_progress_stage("writing the tarball", stored->manifest.content_bytes);
	return bd_export_tar(&stored->sealed, fd, compression, err);
}

int bd_template_export_to_file(const struct bd_stored *stored, const char *compression, const char *path,
			       struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file file = BD_ATOMIC_FILE_INIT;

	/* There may be secrets in it, as in a disk. */
	if (bd_atomic_file_open(path, 0600, &file, err) != 0)
		return -1;
	if (bd_template_export_to_fd(stored, compression, file.fd, err) != 0)
		return bd_wrap(err, "cannot write %s", path);
	if (bd_cancel_check(err) != 0 || bd_atomic_file_sync(&file, err) != 0 ||
	    bd_atomic_file_publish(&file, err) != 0)
		return -1;
	return bd_atomic_file_sync_folder(&file, err);
}
