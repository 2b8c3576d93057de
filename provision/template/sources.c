/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kind of source something is, by what is in it and not by its name. */
#include "template/sources.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "template/archive_stream.h"
#include "template/source_magic.h"

#define EXT_MAGIC_AT 1080 /* s_magic, include/uapi/linux/magic.h and fs/ext4/ext4.h: 1024 + 0x38 */
#define EXT_BLOCK_SIZE_AT 1048 /* s_log_block_size */
#define ENTRIES_TO_PEEK 16

/* "-" is standard input. -1 also when it is no file that can be opened. */
static int open_source(const char *path, struct bd_error *err)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

	if (fd < 0 && errno == EACCES)
		return bd_fail(err, EACCES, "we may not read %s: run as root", path);
	if (fd < 0)
		return bd_fail_lookup(err, "cannot open %s", path);
	return fd;
}

static bool has(const uint8_t *head, size_t size, size_t at, const char *magic, size_t magic_size)
{
	return size >= at + magic_size && !memcmp(head + at, magic, magic_size);
}

static bool begins_as_disk(const uint8_t *head, size_t size)
{
	if (has(head, size, EXT_MAGIC_AT, "\x53\xef", 2) && get_le32(head + EXT_BLOCK_SIZE_AT) <= 6)
		return true;
	/* The partition tables: an MBR's signature, GPT's header in the second sector of 512 or 4096 bytes. */
	return has(head, size, 510, "\x55\xaa", 2) || has(head, size, 512, "EFI PART", 8) ||
	       has(head, size, 4096, "EFI PART", 8);
}

static bool is_hex(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

enum layout { LAYOUT_NO, LAYOUT_PERHAPS, LAYOUT_OCI, LAYOUT_DOCKER };

/* Entries of OCI layouts come in any order; "oci-layout" is often the last one. */
static enum layout judge_entry(const char *path)
{
	while (!strncmp(path, "./", 2))
		path += 2;
	size_t size = strcspn(path, "/");

	if (!strcmp(path, "oci-layout") || (!strncmp(path, "blobs/sha", 9) && strchr(path + 9, '/') &&
					    is_hex(strchr(path + 9, '/') + 1, strlen(strchr(path + 9, '/') + 1)) &&
					    strlen(strchr(path + 9, '/')) > 64))
		return LAYOUT_OCI;
	/* docker save, before it wrote OCI layouts: a folder or a config for each image, named by a checksum. */
	if ((size == 64 || (size == 69 && !strcmp(path + 64, ".json"))) && is_hex(path, 64))
		return LAYOUT_DOCKER;
	if (!size || !strcmp(path, ".") || !strncmp(path, "blobs", 5) || !strcmp(path, "index.json") ||
	    !strcmp(path, "manifest.json") || !strcmp(path, "repositories"))
		return LAYOUT_PERHAPS;
	return LAYOUT_NO;
}

/* What is damaged is found to be so when it is imported. */
static enum layout peek(int fd)
{
	BD_DISPOSE(bd_archive_stream_close) struct bd_archive_stream *stream = NULL;
	const struct bd_archive_functions *la;
	struct bd_error ignored = BD_ERROR_INIT;
	struct archive_entry *entry;
	enum layout layout = LAYOUT_PERHAPS;

	if (bd_archive_load(&la, &ignored) != 0 || lseek(fd, 0, SEEK_SET) != 0 ||
	    bd_archive_stream_open(fd, NULL, &stream, &ignored) != 0)
		return LAYOUT_NO;
	for (int i = 0; i < ENTRIES_TO_PEEK && layout == LAYOUT_PERHAPS; i++) {
		if (bd_archive_stream_next(stream, &entry, &ignored) <= 0 || !la->entry_pathname(entry))
			return LAYOUT_NO;
		layout = judge_entry(la->entry_pathname(entry));
	}
	return layout;
}

/* A regular file or a block device. */
static int recognise_content(const char *path, int fd, enum bd_source_kind *kind_out, struct bd_error *err)
{
	uint8_t head[BD_MAGIC_HEAD_BYTES];
	ssize_t got = bd_pread_full(fd, head, sizeof(head), 0);

	if (got < 0)
		return bd_fail_errno(err, "cannot read %s", path);
	size_t size = (size_t)got;
	if (!bd_magic_is_archive(head, size) && begins_as_disk(head, size)) {
		*kind_out = BD_SOURCE_DISK;
		return 0;
	}
	enum layout layout = peek(fd);
	if (layout == LAYOUT_DOCKER)
		return bd_fail(err, ENOTSUP,
			       "%s is an image that an old docker saved: make an OCI image of it with "
			       "\"skopeo copy docker-archive:%s oci-archive:NEW\"",
			       path, path);
	*kind_out = layout == LAYOUT_OCI ? BD_SOURCE_OCI : BD_SOURCE_ARCHIVE;
	return 0;
}

/* A pipe is left alone: what is read of it now would be missing later. */
static int recognise_stdin(enum bd_source_kind *kind_out, uint64_t *size_bytes_out, struct bd_error *err)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) != 0)
		return bd_fail_errno(err, "cannot read standard input");
	off_t at = S_ISREG(st.st_mode) ? lseek(STDIN_FILENO, 0, SEEK_CUR) : 0;
	*size_bytes_out = S_ISREG(st.st_mode) && at >= 0 && at < st.st_size ? (uint64_t)(st.st_size - at) : 0;
	*kind_out = BD_SOURCE_ARCHIVE;
	return 0;
}

int bd_source_recognise(const char *path, enum bd_source_kind *kind_out, uint64_t *size_bytes_out,
			struct bd_error *err)
{
	struct stat st;

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
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) {
		BD_CLOSE int fd = open_source(path, err);
		if (fd < 0)
			return -1;
		off_t end = lseek(fd, 0, SEEK_END);
		if (recognise_content(path, fd, kind_out, err) != 0)
			return -1;
		*size_bytes_out = end > 0 ? (uint64_t)end : 0;
		return 0;
	}
	if (S_ISDIR(st.st_mode)) {
		BD_CLOSE int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		*kind_out = folder >= 0 && faccessat(folder, "oci-layout", F_OK, 0) == 0 ? BD_SOURCE_OCI
											 : BD_SOURCE_DIRECTORY;
	} else if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		*kind_out = BD_SOURCE_ARCHIVE;
	} else {
		return bd_fail(err, EINVAL, "%s is nothing that can be imported", path);
	}
	*size_bytes_out = 0;
	return 0;
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

int bd_source_import(const char *path, enum bd_source_kind kind, bd_source_progress progress, struct bd_seal *seal,
		     struct bd_error *err)
{
	switch (kind) {
	case BD_SOURCE_DIRECTORY:
		return bd_source_directory(path, progress, seal, err);
	case BD_SOURCE_OCI:
		return bd_source_oci(path, progress, seal, err);
	case BD_SOURCE_DISK:
		return bd_source_disk(path, progress, seal, err);
	case BD_SOURCE_ARCHIVE:
		break;
	}
	BD_CLOSE int fd = open_source(path, err);
	if (fd < 0)
		return -1;
	return bd_source_archive(fd, strcmp(path, "-") ? path : "standard input", false, progress, seal, err);
}
