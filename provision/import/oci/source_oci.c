/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Merges the layers of a container image (image-spec, layer.md). */
#include "import/oci/source_oci.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "import/archive/source_archive.h"
#include "import/magic.h"
#include "import/oci/choose.h"
#include "import/oci/layout.h"

#define DIGEST_PREFIX "sha256:"

static bool is_digest(const char *digest, const char *sha256)
{
	return strncmp(digest, DIGEST_PREFIX, strlen(DIGEST_PREFIX)) == 0 &&
	       strcmp(digest + strlen(DIGEST_PREFIX), sha256) == 0;
}

/* What names a file: the 64 digits that its own name begins with, as podman, crane and docker have them; NULL: none. */
static const char *digits_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	name += strncmp(name, DIGEST_PREFIX, strlen(DIGEST_PREFIX)) == 0 ? strlen(DIGEST_PREFIX) : 0;
	return strspn(name, "0123456789abcdef") == BD_SHA256_TEXT_SIZE - 1 ? name : NULL;
}

static int is_compressed(int fd, bool *compressed_out, struct bd_error *err)
{
	uint8_t head[BD_MAGIC_HEAD_BYTES];
	ssize_t got = bd_pread_full(fd, head, sizeof(head), 0);

	if (got < 0)
		return bd_fail_errno(err, "cannot read it");
	*compressed_out =
		bd_magic_is_archive(head, (size_t)got) && !(got > 262 && memcmp(head + 257, "ustar", 5) == 0);
	return 0;
}

/* The config says what a layer is when it is unpacked; one that is compressed is held to the digest in its name. */
static int check_file(const struct bd_oci_layer *layer, int fd, const char *sha256, struct bd_error *err)
{
	const char *digits = digits_of(layer->path);
	bool compressed;

	if (!layer->diff_id || is_digest(layer->diff_id, sha256))
		return 0;
	if (strncmp(layer->diff_id, DIGEST_PREFIX, strlen(DIGEST_PREFIX)) != 0)
		return bd_fail(err, ENOTSUP, "the digest %.80s in the image's config is not a sha256",
			       layer->diff_id);
	if (is_compressed(fd, &compressed, err) != 0)
		return -1;
	if (compressed && (!digits || strncmp(digits, sha256, BD_SHA256_TEXT_SIZE - 1) == 0 ||
			   strncmp(digits, layer->diff_id + strlen(DIGEST_PREFIX), BD_SHA256_TEXT_SIZE - 1) == 0))
		return 0;
	return bd_fail(err, EBADMSG, "its %.200s is damaged: its sha256 is %s, but the image's config says %.80s",
		       layer->path, sha256, layer->diff_id);
}

/* What is not compressed is the same in the manifest and in the config. */
static int check_blob(const struct bd_oci_layer *layer, struct bd_error *err)
{
	size_t size = strlen(layer->media_type);

	if (!layer->diff_id || size < 4 || strcmp(layer->media_type + size - 4, ".tar") != 0 ||
	    strcmp(layer->diff_id, layer->digest) == 0)
		return 0;
	return bd_fail(err, EBADMSG, "its digest is %.80s, but %.80s in the image's config", layer->digest,
		       layer->diff_id);
}

static int open_layer(const struct bd_oci_layout *layout, struct bd_oci_layer *layer, int *fd_out,
		      struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	char sha256[BD_SHA256_TEXT_SIZE];

	if (layer->path ? bd_oci_layout_file(layout, layer->path, &fd, &layer->size_bytes, sha256, err) != 0 ||
				  check_file(layer, fd, sha256, err) != 0
			: check_blob(layer, err) != 0 ||
				  bd_oci_layout_blob(layout, layer->digest, layer->size_bytes, &fd, err) != 0)
		return -1;
	*fd_out = bd_take_fd(&fd);
	return 0;
}

static int import_layers(const char *what, const struct bd_oci_layout *layout, const struct bd_oci_image *image,
			 bd_progress_report progress, struct bd_sealed_writer *writer, struct bd_error *err)
{
	uint64_t done_bytes = 0;

	bd_sealed_writer_begin_layer(writer);
	for (size_t i = 0; i < image->layer_count; i++) {
		BD_CLOSE int fd = -1;
		struct bd_oci_layer *layer = &image->layers[i];
		bool is_only = image->layer_count == 1;
		char name[600];
		snprintf(name, sizeof(name), "layer %zu of %s", i + 1, what);
		if (open_layer(layout, layer, &fd, err) != 0)
			return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", name);
		done_bytes += layer->size_bytes;
		/* bd_source_archive counts from the beginning of each layer. */
		if (bd_source_archive(fd, name, true, is_only ? progress : NULL, writer, err) != 0)
			return -1;
		if (progress)
			progress(done_bytes);
	}
	return 0;
}

int bd_source_oci(int fd, const char *what, const struct bd_image_choice *choice, bd_progress_report progress,
		  struct bd_sealed_writer *writer, struct bd_error *err)
{
	static const struct bd_image_choice any;
	BD_DISPOSE(bd_oci_layout_dispose) struct bd_oci_layout layout = { .folder_fd = -1 };
	BD_DISPOSE(bd_oci_image_dispose) struct bd_oci_image image = { 0 };

	if (bd_oci_layout_open(fd, &layout, err) != 0 ||
	    bd_oci_choose(&layout, choice ? choice : &any, &image, err) != 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", what);
	return import_layers(what, &layout, &image, progress, writer, err);
}
