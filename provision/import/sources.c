/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects the kind of a source by its contents, not by its name. */
#include "import/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/progress.h"
#include "base/text.h"
#include "import/archive/source_archive.h"
#include "import/archive/source_squashfs.h"
#include "import/directory/source_directory.h"
#include "import/disk/source_disk.h"
#include "import/magic.h"
#include "import/oci/choose.h"
#include "import/oci/peek.h"
#include "import/oci/source_oci.h"
#include "import/pipe.h"
#include "import/wrap/inner_disk.h"
#include "inside/probe.h"

/* Of an open file, with an offset of its own. "-" is standard input. -1 also when it is no file that can be opened. */
static int open_source(const char *path, int open_fd, struct bd_error *err)
{
	if (open_fd >= 0) {
		char again[64];
		snprintf(again, sizeof(again), "/proc/self/fd/%d", open_fd);
		int own_fd = open(again, O_RDONLY | O_CLOEXEC);
		return own_fd >= 0 ? own_fd : bd_fail_errno(err, "cannot open %s", path);
	}
	if (strcmp(path, "-") == 0) {
		int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
		return fd >= 0 ? fd : bd_fail_errno(err, "cannot open standard input");
	}
	int fd = bd_open_for_reading(path, err);
	if (fd < 0 && err->code == EACCES)
		return bd_fail(err, EACCES, "no permission to read %s; run as root", path);
	if (fd < 0 && err->code == ENOENT)
		return bd_not_found(err, "%s", err->message);
	return fd;
}

/* Also what cannot be imported, but has a name: a virtual disk, a filesystem of another kind, something encrypted. */
static int is_disk(int fd, const uint8_t *head, size_t size, bool *is_disk_out, struct bd_error *err)
{
	*is_disk_out = false;
	if (!size || bd_magic_is_archive(head, size))
		return 0;
	*is_disk_out = bd_magic_is_image(head, size);
	return *is_disk_out ? 0 : bd_probe_is_known(fd, is_disk_out, err);
}

static enum bd_source_kind kind_of(enum bd_peek found)
{
	return found == BD_PEEK_IMAGE ? BD_SOURCE_OCI : found == BD_PEEK_DISK ? BD_SOURCE_DISK : BD_SOURCE_ARCHIVE;
}

/* A regular file or a block device. */
static int recognise_content(const char *path, int fd, enum bd_source_kind *kind_out, struct bd_error *err)
{
	uint8_t head[BD_MAGIC_HEAD_BYTES];
	ssize_t got = bd_pread_full(fd, head, sizeof(head), 0);
	bool disk;

	if (got < 0)
		return bd_fail_errno(err, "cannot read %s", path);
	if (is_disk(fd, head, (size_t)got, &disk, err) != 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", path);
	if (disk) {
		*kind_out = BD_SOURCE_DISK;
		return 0;
	}
	if (lseek(fd, 0, SEEK_SET) != 0)
		return bd_fail_errno(err, "cannot read %s", path);
	*kind_out = bd_magic_is_squashfs(head, (size_t)got) ? BD_SOURCE_ARCHIVE : kind_of(bd_oci_peek(fd));
	return 0;
}

/* A pipe is left alone until it is imported: what is read of it now would be missing later. */
static int recognise_stdin(enum bd_source_kind *kind_out, uint64_t *size_bytes_out, struct bd_error *err)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) != 0)
		return bd_fail_errno(err, "cannot read standard input");
	off_t at = S_ISREG(st.st_mode) ? lseek(STDIN_FILENO, 0, SEEK_CUR) : 0;
	*size_bytes_out = S_ISREG(st.st_mode) && at >= 0 && at < st.st_size ? (uint64_t)(st.st_size - at) : 0;
	*kind_out = S_ISREG(st.st_mode) ? kind_of(bd_oci_peek(STDIN_FILENO)) : BD_SOURCE_ARCHIVE;
	return 0;
}

/* Of what has been found to be there. */
static int recognise_there(const char *path, int open_fd, const struct stat *there, enum bd_source_kind *kind_out,
			   uint64_t *size_bytes_out, struct bd_error *err)
{
	if (S_ISREG(there->st_mode) || S_ISBLK(there->st_mode)) {
		BD_CLOSE int fd = open_source(path, open_fd, err);
		if (fd < 0)
			return -1;
		off_t end = lseek(fd, 0, SEEK_END);
		if (recognise_content(path, fd, kind_out, err) != 0)
			return -1;
		*size_bytes_out = end > 0 ? (uint64_t)end : 0;
		return 0;
	}
	if (S_ISDIR(there->st_mode)) {
		BD_CLOSE int folder = open_fd >= 0 ? open_source(path, open_fd, err)
						   : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		*kind_out = folder >= 0 && (faccessat(folder, "oci-layout", F_OK, 0) == 0 ||
					    bd_oci_is_image_folder(folder))
				    ? BD_SOURCE_OCI
				    : BD_SOURCE_DIRECTORY;
	} else if (S_ISFIFO(there->st_mode) || S_ISCHR(there->st_mode)) {
		*kind_out = BD_SOURCE_ARCHIVE;
	} else {
		return bd_fail(err, EINVAL, "%s is not a type of file that can be imported", path);
	}
	*size_bytes_out = 0;
	return 0;
}

int bd_source_recognise(const char *path, int fd, enum bd_source_kind *kind_out, uint64_t *size_bytes_out,
			struct bd_error *err)
{
	struct stat st;

	if (fd >= 0)
		return fstat(fd, &st) != 0 ? bd_fail_errno(err, "cannot import %s", path)
					   : recognise_there(path, fd, &st, kind_out, size_bytes_out, err);
	if (!strcmp(path, "-"))
		return recognise_stdin(kind_out, size_bytes_out, err);
	char disk[PATH_MAX];
	int partition = 0;
	if (stat(path, &st) != 0 && errno == ENOENT && bd_source_disk_split(path, disk, &partition, err) == 0 &&
	    partition && stat(disk, &st) == 0) {
		*kind_out = BD_SOURCE_DISK;
		*size_bytes_out = (uint64_t)st.st_size;
		return 0;
	}
	if (stat(path, &st) != 0)
		return errno == ENOENT ? bd_not_found(err, "there is no %s to import from", path)
				       : bd_fail_errno(err, "cannot import %s", path);
	return recognise_there(path, -1, &st, kind_out, size_bytes_out, err);
}

const char *bd_source_kind_name(enum bd_source_kind kind)
{
	static const char *const names[] = {
		[BD_SOURCE_ARCHIVE] = "archive",
		[BD_SOURCE_DIRECTORY] = "directory",
		[BD_SOURCE_OCI] = "oci",
		[BD_SOURCE_DISK] = "disk",
	};

	return names[kind];
}

static int check_choice(const struct bd_image_choice *choice, const char *what, struct bd_error *err)
{
	if (!choice || (!choice->tag && !choice->platform))
		return 0;
	return bd_usage(err, "a tag and a platform are for container images, and %s is not one",
			strcmp(what, "-") ? what : "standard input");
}

static int import_inner_disk(int fd, int partition, const char *what, bd_progress_report progress,
			     struct bd_sealed_writer *writer, struct bd_error *err)
{
	BD_DISPOSE(bd_inner_disk_dispose) struct bd_inner_disk disk = BD_INNER_DISK_INIT;
	BD_FREE char *name = NULL;
	struct stat there;

	if (bd_inner_disk_unpack(fd, writer, progress, &disk, err) != 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", what);
	if (bd_text_format(&name, err, "%s%s%s", disk.name, *disk.name ? " in " : "", what) != 0)
		return -1;
	bd_progress_stage("reading the disk in it",
			  fstat(disk.fd, &there) == 0 && there.st_size > 0 ? (uint64_t)there.st_size : 0);
	return bd_source_disk_fd(disk.fd, partition, name, progress, writer, err);
}

/* What libarchive reads, or sqfs2tar. */
static int import_archive(int fd, const char *what, bd_progress_report progress, struct bd_sealed_writer *writer,
			  struct bd_error *err)
{
	uint8_t head[512];
	off_t at = lseek(fd, 0, SEEK_CUR);
	ssize_t got = at < 0 ? 0 : bd_pread_full(fd, head, sizeof(head), (uint64_t)at);

	if (got < 0)
		return bd_fail_errno(err, "cannot read %s", what);
	return bd_magic_is_squashfs(head, (size_t)got) ? bd_source_squashfs(fd, what, progress, writer, err)
						       : bd_source_archive(fd, what, false, progress, writer, err);
}

static int import_pipe(int fd, const char *what, enum bd_source_kind *kind, const struct bd_image_choice *choice,
		       bd_progress_report progress, struct bd_sealed_writer *writer, struct bd_error *err)
{
	BD_DISPOSE(bd_source_pipe_dispose) struct bd_source_pipe pipe = { .fd = -1 };

	if (bd_source_pipe_open(fd, &pipe, err) != 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", what);
	if (pipe.is_image) {
		*kind = BD_SOURCE_OCI;
		return bd_source_oci(pipe.fd, what, choice, progress, writer, err);
	}
	if (check_choice(choice, what, err) != 0)
		return -1;
	if (pipe.has_disk)
		*kind = BD_SOURCE_DISK;
	int r = pipe.has_disk ? import_inner_disk(pipe.fd, 0, what, progress, writer, err)
			      : import_archive(pipe.fd, what, progress, writer, err);
	return bd_source_pipe_check(&pipe, what, err) != 0 ? -1 : r;
}

static int import_file(const char *path, int open_fd, enum bd_source_kind *kind, const struct bd_image_choice *choice,
		       bd_progress_report progress, struct bd_sealed_writer *writer, struct bd_error *err)
{
	BD_CLOSE int fd = open_source(path, open_fd, err);
	const char *what = open_fd >= 0 || strcmp(path, "-") ? path : "standard input";

	if (fd < 0)
		return -1;
	if (*kind == BD_SOURCE_OCI)
		return bd_source_oci(fd, what, choice, progress, writer, err);
	/* What is before that place belongs to somebody else; programs would begin there. */
	if (lseek(fd, 0, SEEK_CUR) != 0)
		return import_pipe(fd, what, kind, choice, progress, writer, err);
	return import_archive(fd, what, progress, writer, err);
}

/* A disk that is a file or device of its own, or is in a file. "-" is standard input, which can be sought in. */
static int import_disk(const char *path, int open_fd, bd_progress_report progress, struct bd_sealed_writer *writer,
		       struct bd_error *err)
{
	uint8_t head[BD_MAGIC_HEAD_BYTES];
	char file[PATH_MAX];
	int partition = 0;

	if (open_fd < 0 && bd_source_disk_split(path, file, &partition, err) != 0)
		return bd_wrap(err, "cannot import %s", path);
	BD_CLOSE int fd = open_source(open_fd < 0 ? file : path, open_fd, err);
	if (fd < 0)
		return -1;
	ssize_t got = bd_pread_full(fd, head, sizeof(head), 0);
	if (got < 0)
		return bd_fail_errno(err, "cannot read %s", path);
	bool is_stdin = open_fd < 0 && !strcmp(path, "-");
	if (bd_magic_is_archive(head, (size_t)got) || (is_stdin && lseek(fd, 0, SEEK_CUR) != 0))
		return import_inner_disk(fd, partition, is_stdin ? "standard input" : path, progress, writer, err);
	if (is_stdin || open_fd >= 0)
		return bd_source_disk_fd(fd, 0, is_stdin ? "standard input" : path, progress, writer, err);
	return bd_source_disk(path, progress, writer, err);
}

int bd_source_check_choice(const char *path, int fd, enum bd_source_kind kind, const struct bd_image_choice *choice,
			   struct bd_error *err)
{
	bool may_be_pipe = fd < 0 && kind == BD_SOURCE_ARCHIVE;
	struct stat st;

	if (may_be_pipe)
		may_be_pipe = !strcmp(path, "-") ? lseek(STDIN_FILENO, 0, SEEK_CUR) < 0
						 : stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
	return kind == BD_SOURCE_OCI || may_be_pipe ? 0 : check_choice(choice, path, err);
}

int bd_source_import(const char *path, int fd, enum bd_source_kind *kind, const struct bd_image_choice *choice,
		     bd_progress_report progress, struct bd_sealed_writer *writer, struct bd_error *err)
{
	if (bd_source_check_choice(path, fd, *kind, choice, err) != 0)
		return -1;
	switch (*kind) {
	case BD_SOURCE_DIRECTORY:
		if (fd >= 0)
			return bd_fail(err, EINVAL, "%s is a directory", path);
		return bd_source_directory(path, progress, writer, err);
	case BD_SOURCE_DISK:
		return import_disk(path, fd, progress, writer, err);
	case BD_SOURCE_OCI:
	case BD_SOURCE_ARCHIVE:
		break;
	}
	return import_file(path, fd, kind, choice, progress, writer, err);
}
