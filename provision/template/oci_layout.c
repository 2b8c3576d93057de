/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens blobs, and checks each against its digest before anything in it is believed. */
#include "template/oci_layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/cancel.h"
#include "base/cleanup.h"
#include "template/oci_unpack.h"

#define JSON_LIMIT (4u << 20)
#define READ_BYTES (256u << 10)
#define HEX_SIZE (2 * crypto_hash_sha256_BYTES + 1)

void bd_oci_layout_dispose(struct bd_oci_layout *layout)
{
	bd_cleanup_close(&layout->folder_fd);
	for (size_t i = 0; i < layout->count; i++) {
		close(layout->files[i].fd);
		free(layout->files[i].path);
	}
	free(layout->files);
	*layout = (struct bd_oci_layout){ .folder_fd = -1 };
}

static const struct bd_oci_file *find_file(const struct bd_oci_layout *layout, const char *path)
{
	for (size_t i = 0; i < layout->count; i++)
		if (!strcmp(layout->files[i].path, path))
			return &layout->files[i];
	return NULL;
}

/* A regular file of the layout, at its beginning. */
static int open_file(const struct bd_oci_layout *layout, const char *path, int *fd_out, uint64_t *size_out,
		     struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	struct stat st;

	if (layout->folder_fd >= 0) {
		/* A FIFO would block. */
		fd = openat(layout->folder_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	} else {
		const struct bd_oci_file *file = find_file(layout, path);
		errno = ENOENT;
		if (file)
			fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
	}
	if (fd < 0 || fstat(fd, &st) != 0 || (S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_SET) != 0))
		return bd_fail_errno(err, "cannot open its %s", path);
	if (!S_ISREG(st.st_mode))
		return bd_fail(err, EINVAL, "its %s is not a regular file", path);
	*size_out = (uint64_t)st.st_size;
	*fd_out = bd_take_fd(&fd);
	return 0;
}

/* From where fd stands to its end. */
static int hash_file(int fd, char hex_out[HEX_SIZE], struct bd_error *err)
{
	BD_FREE uint8_t *buffer = malloc(READ_BYTES);
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	if (!buffer || sodium_init() < 0)
		return bd_fail(err, ENOMEM, "out of memory");
	crypto_hash_sha256_init(&state);
	for (;;) {
		ssize_t r = read(fd, buffer, READ_BYTES);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return bd_fail_errno(err, "cannot read");
		if (r == 0)
			break;
		crypto_hash_sha256_update(&state, buffer, (unsigned long long)r);
		if (bd_cancel_check(err) < 0)
			return -1;
	}
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(hex_out, HEX_SIZE, hash, sizeof(hash));
	return 0;
}

/* "sha256:" and 64 small hexadecimal digits; anything else could be a path of its own. */
static int digest_hex(const char *digest, const char **hex_out, struct bd_error *err)
{
	size_t prefix = strlen("sha256:");
	if (strncmp(digest, "sha256:", prefix) != 0)
		return bd_fail(err, ENOTSUP, "the digest %.80s is not a sha256", digest);
	if (strlen(digest) != prefix + HEX_SIZE - 1 || strspn(digest + prefix, "0123456789abcdef") != HEX_SIZE - 1)
		return bd_fail(err, EINVAL, "the digest %.80s has not 64 hexadecimal digits", digest);
	*hex_out = digest + prefix;
	return 0;
}

int bd_oci_layout_blob(const struct bd_oci_layout *layout, const char *digest, uint64_t size_bytes, int *fd_out,
		       struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	char path[sizeof("blobs/sha256/") + HEX_SIZE], found[HEX_SIZE];
	const char *hex = NULL;
	uint64_t size;

	if (digest_hex(digest, &hex, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "blobs/sha256/%s", hex);
	if (open_file(layout, path, &fd, &size, err) < 0)
		return -1;
	if (size != size_bytes)
		return bd_fail(err, EBADMSG, "its %s is damaged: it has %llu bytes instead of %llu", path,
			       (unsigned long long)size, (unsigned long long)size_bytes);
	if (hash_file(fd, found, err) < 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "its %s", path);
	if (strcmp(found, hex) != 0)
		return bd_fail(err, EBADMSG, "its %s is damaged: its sha256 is %s", path, found);
	if (lseek(fd, 0, SEEK_SET) != 0)
		return bd_fail_errno(err, "cannot read its %s again", path);
	*fd_out = bd_take_fd(&fd);
	return 0;
}

static int read_text(int fd, uint64_t size, const char *what, char **text_out, size_t *text_size_out,
		     struct bd_error *err)
{
	if (size > JSON_LIMIT)
		return bd_fail(err, EFBIG, "its %s has %llu bytes, which is too much for a description", what,
			       (unsigned long long)size);
	BD_FREE char *text = calloc(1, (size_t)size + 1);
	if (!text)
		return bd_fail(err, ENOMEM, "out of memory");
	for (size_t used = 0; used < size;) {
		ssize_t r = read(fd, text + used, (size_t)size - used);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r ? bd_fail_errno(err, "cannot read its %s", what)
				 : bd_fail(err, EIO, "its %s is cut off", what);
		used += (size_t)r;
	}
	*text_out = bd_take_ptr(text);
	*text_size_out = (size_t)size;
	return 0;
}

int bd_oci_layout_index(const struct bd_oci_layout *layout, char **text_out, size_t *text_size_out,
			struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	uint64_t size;
	return open_file(layout, "index.json", &fd, &size, err) < 0
		       ? -1
		       : read_text(fd, size, "index.json", text_out, text_size_out, err);
}

int bd_oci_layout_json(const struct bd_oci_layout *layout, const char *digest, uint64_t size_bytes, char **text_out,
		       size_t *text_size_out, struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	if (bd_oci_layout_blob(layout, digest, size_bytes, &fd, err) < 0)
		return -1;
	return read_text(fd, size_bytes, digest, text_out, text_size_out, err);
}

int bd_oci_layout_open(const char *path, struct bd_oci_layout *layout_out, struct bd_error *err)
{
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	*layout_out = (struct bd_oci_layout){ .folder_fd = -1 };
	if (fd < 0 || fstat(fd, &st) != 0)
		return bd_fail_lookup(err, "cannot open it");
	bool is_folder = S_ISDIR(st.st_mode);
	if (is_folder)
		layout_out->folder_fd = bd_take_fd(&fd);
	else if (bd_oci_unpack(fd, (uint64_t)st.st_size, layout_out, err) < 0)
		return -1;
	if (is_folder ? faccessat(layout_out->folder_fd, "oci-layout", F_OK, 0) == 0
		      : find_file(layout_out, "oci-layout") != NULL)
		return 0;
	return bd_fail(err, EINVAL, "it is no OCI image layout: it has no file oci-layout");
}
