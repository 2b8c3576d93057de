/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens blobs, and verifies each against its digest before it is used. */
#include "import/oci/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file/file.h"
#include "import/oci/unpack.h"

#define JSON_LIMIT (4u << 20)
#define HEX_SIZE BD_SHA256_TEXT_SIZE
#define LINKS_MAX 8

void bd_oci_layout_dispose(struct bd_oci_layout *layout)
{
	bd_cleanup_close(&layout->folder_fd);
	bd_oci_unpacked_dispose(&layout->tar);
	*layout = (struct bd_oci_layout){ .folder_fd = -1 };
}

/* No symlink on the way: what the folder's maker wrote must not lead to other files of the host. */
static int open_beneath(int folder_fd, const char *path)
{
	BD_CLOSE int folder = fcntl(folder_fd, F_DUPFD_CLOEXEC, 0);

	for (size_t size; folder >= 0 && path[size = strcspn(path, "/")] == '/'; path += size + 1) {
		BD_FREE char *name = strndup(path, size);
		int next = name ? openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
		bd_cleanup_close(&folder);
		folder = next;
	}
	return folder < 0 ? -1 : openat(folder, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

/* 1: it is a symlink, and *path leads to where that does. */
static int follow_link(int folder_fd, char **path, struct bd_error *err)
{
	char target[PATH_MAX];
	char *next;
	ssize_t size = readlinkat(folder_fd, *path, target, sizeof(target) - 1);

	if (size < 0)
		return 0;
	target[size] = '\0';
	if (bd_oci_path(*path, target, &next, err) != 0)
		return -1;
	free(*path);
	*path = next;
	return 1;
}

static int open_in_folder(const struct bd_oci_layout *layout, const char *given_path, int *fd_out,
			  struct bd_error *err)
{
	BD_FREE char *path = strdup(given_path);

	if (!path)
		return bd_no_memory(err);
	for (int links = 0; links < LINKS_MAX; links++) {
		*fd_out = open_beneath(layout->folder_fd, path);
		int followed = *fd_out < 0 && errno == ELOOP ? follow_link(layout->folder_fd, &path, err) : 0;
		if (followed <= 0)
			return followed;
	}
	errno = ELOOP;
	return 0;
}

static int open_in_tar(const struct bd_oci_layout *layout, const char *path)
{
	const struct bd_oci_file *file = bd_oci_unpacked_find(&layout->tar, path);

	for (int links = 0; file && file->target && links < LINKS_MAX; links++)
		file = bd_oci_unpacked_find(&layout->tar, file->target);
	if (!file || file->target) {
		errno = file ? ELOOP : ENOENT;
		return -1;
	}
	return fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
}

/* A regular file of the image, at its beginning. given: by the image itself, which may have been made to lead elsewhere;
 * else its name is a fixed one, or what is in it is checked. */
static int open_file(const struct bd_oci_layout *layout, const char *path, bool given, int *fd_out,
		     uint64_t *size_out, struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	struct stat st;

	if (layout->folder_fd < 0)
		fd = open_in_tar(layout, path);
	else if (!given)
		/* A FIFO would block. */
		fd = openat(layout->folder_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	else if (open_in_folder(layout, path, &fd, err) != 0)
		return -1;
	if (fd < 0 || fstat(fd, &st) != 0 || (S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_SET) != 0))
		return bd_fail_errno(err, "cannot open its %s", path);
	if (!S_ISREG(st.st_mode))
		return bd_fail(err, EINVAL, "its %s is not a regular file", path);
	*size_out = (uint64_t)st.st_size;
	*fd_out = bd_take_fd(&fd);
	return 0;
}

static int hash_file(int fd, char hex_out[HEX_SIZE], struct bd_error *err)
{
	char text[BD_DIGEST_TEXT_SIZE];

	if (bd_digest_file(fd, BD_DIGEST_SHA256, NULL, text, err) != 0)
		return -1;
	memcpy(hex_out, strchr(text, ':') + 1, HEX_SIZE);
	return 0;
}

/* "sha256:" and 64 small hexadecimal digits; anything else could be a path of its own. */
static int digest_hex(const char *digest, const char **hex_out, struct bd_error *err)
{
	size_t prefix = strlen("sha256:");
	if (strncmp(digest, "sha256:", prefix) != 0)
		return bd_fail(err, ENOTSUP, "the digest %.80s is not a sha256", digest);
	if (strlen(digest) != prefix + HEX_SIZE - 1 || strspn(digest + prefix, "0123456789abcdef") != HEX_SIZE - 1)
		return bd_fail(err, EINVAL, "the digest %.80s does not have 64 hexadecimal digits", digest);
	*hex_out = digest + prefix;
	return 0;
}

bool bd_oci_layout_has(const struct bd_oci_layout *layout, const char *path)
{
	if (layout->folder_fd < 0)
		return bd_oci_unpacked_find(&layout->tar, path) != NULL;
	return faccessat(layout->folder_fd, path, F_OK, 0) == 0;
}

/* In a "dir:" folder of skopeo blobs have no folder of their own, and manifests an ending. */
#define BLOB_PATH_SIZE (sizeof("blobs/sha256/.manifest.json") + HEX_SIZE)
static bool find_blob(const struct bd_oci_layout *layout, const char *hex, char path_out[BLOB_PATH_SIZE])
{
	static const char *const forms[][2] = { { "blobs/sha256/", "" }, { "", "" }, { "", ".manifest.json" } };
	bool flat = !bd_oci_layout_has(layout, "oci-layout");

	for (size_t i = flat; i < sizeof(forms) / sizeof(*forms); i++) {
		snprintf(path_out, BLOB_PATH_SIZE, "%s%s%s", forms[i][0], hex, forms[i][1]);
		if (bd_oci_layout_has(layout, path_out))
			return true;
	}
	snprintf(path_out, BLOB_PATH_SIZE, "%s%s", forms[flat][0], hex);
	return false;
}

bool bd_oci_layout_has_blob(const struct bd_oci_layout *layout, const char *digest)
{
	char path[BLOB_PATH_SIZE];
	struct bd_error ignored;
	const char *hex;

	return digest_hex(digest, &hex, &ignored) == 0 && find_blob(layout, hex, path);
}

int bd_oci_layout_blob(const struct bd_oci_layout *layout, const char *digest, uint64_t size_bytes, int *fd_out,
		       struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	char path[BLOB_PATH_SIZE], found[HEX_SIZE];
	const char *hex = NULL;
	uint64_t size;

	if (digest_hex(digest, &hex, err) < 0)
		return -1;
	find_blob(layout, hex, path);
	if (open_file(layout, path, false, &fd, &size, err) < 0)
		return -1;
	if (size != size_bytes)
		return bd_fail(err, EBADMSG, "its %s is damaged: it has %llu bytes instead of %llu", path,
			       (unsigned long long)size, (unsigned long long)size_bytes);
	if (hash_file(fd, found, err) < 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "its %s", path);
	if (strcmp(found, hex) != 0)
		return bd_fail(err, EBADMSG, "its %s is damaged: its sha256 is %s", path, found);
	*fd_out = bd_take_fd(&fd);
	return 0;
}

int bd_oci_layout_file(const struct bd_oci_layout *layout, const char *path, int *fd_out, uint64_t *size_bytes_out,
		       char sha256_out[BD_SHA256_TEXT_SIZE], struct bd_error *err)
{
	BD_FREE char *plain = NULL;
	BD_CLOSE int fd = -1;

	if (bd_oci_path(NULL, path, &plain, err) != 0 ||
	    open_file(layout, plain, true, &fd, size_bytes_out, err) != 0)
		return -1;
	if (hash_file(fd, sha256_out, err) != 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "its %s", plain);
	*fd_out = bd_take_fd(&fd);
	return 0;
}

static int read_text(int fd, uint64_t size, const char *what, char **text_out, size_t *text_size_out,
		     struct bd_error *err)
{
	if (size > JSON_LIMIT)
		return bd_fail(err, EFBIG, "its %s is too large (%llu bytes)", what, (unsigned long long)size);
	BD_FREE char *text = calloc(1, (size_t)size + 1);
	if (!text)
		return bd_no_memory(err);
	ssize_t n = bd_pread_full(fd, text, (size_t)size, 0);
	if (n < 0)
		return bd_fail_errno(err, "cannot read its %s", what);
	if ((size_t)n < size)
		return bd_fail(err, EIO, "its %s is truncated", what);
	*text_out = bd_take_ptr(text);
	*text_size_out = (size_t)size;
	return 0;
}

int bd_oci_layout_text(const struct bd_oci_layout *layout, const char *path, char **text_out, size_t *text_size_out,
		       struct bd_error *err)
{
	BD_FREE char *plain = NULL;
	BD_CLOSE int fd = -1;
	uint64_t size;

	if (bd_oci_path(NULL, path, &plain, err) != 0 || open_file(layout, plain, true, &fd, &size, err) != 0)
		return -1;
	return read_text(fd, size, plain, text_out, text_size_out, err);
}

int bd_oci_layout_json(const struct bd_oci_layout *layout, const char *digest, uint64_t size_bytes, char **text_out,
		       size_t *text_size_out, struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	if (bd_oci_layout_blob(layout, digest, size_bytes, &fd, err) < 0)
		return -1;
	return read_text(fd, size_bytes, digest, text_out, text_size_out, err);
}

int bd_oci_layout_open(int fd, struct bd_oci_layout *layout_out, struct bd_error *err)
{
	struct stat st;

	*layout_out = (struct bd_oci_layout){ .folder_fd = -1 };
	if (fstat(fd, &st) != 0)
		return bd_fail_errno(err, "cannot open it");
	if (S_ISDIR(st.st_mode)) {
		layout_out->folder_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (layout_out->folder_fd < 0)
			return bd_fail_errno(err, "cannot open it");
	} else if (bd_oci_unpack(fd, (uint64_t)st.st_size, &layout_out->tar, err) < 0) {
		return -1;
	}
	if (bd_oci_layout_has(layout_out, "oci-layout") || bd_oci_layout_has(layout_out, "manifest.json"))
		return 0;
	return bd_fail(err, EINVAL,
		       "it is not a container image: it has neither an oci-layout file nor Docker's manifest.json");
}
