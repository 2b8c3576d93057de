/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses the compression, and writes the archive without a name until it is complete. */
#include "ops/template/export.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "base/text.h"
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

int bd_template_export_to_fd(const struct bd_stored *stored, const char *compression, int fd, struct bd_error *err)
{
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
