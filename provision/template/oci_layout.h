/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of an OCI image layout (image-spec, image-layout.md), in a folder or in a tar of one. */
#ifndef BD_TEMPLATE_OCI_LAYOUT_H
#define BD_TEMPLATE_OCI_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_oci_file {
	char *path; /* "index.json", "blobs/sha256/..." */
	int fd; /* an unnamed temporary file */
};

struct bd_oci_layout {
	int folder_fd; /* -1: it is a tar, and this is what was in it */
	struct bd_oci_file *files;
	size_t count, capacity;
};

/* Of a tar, the files of the layout are unpacked into $TMPDIR or /var/tmp, without names. EINVAL: it is no layout.
 * EFBIG: the tar unpacks to far more than its own size. layout_out is to be disposed of in any case. */
int bd_oci_layout_open(const char *path, struct bd_oci_layout *layout_out, struct bd_error *err);
void bd_oci_layout_dispose(struct bd_oci_layout *layout); /* idempotent */

/* The text of a JSON file, with a NUL that text_size_out does not count; the caller frees. EFBIG over 4 MiB. */
int bd_oci_layout_index(const struct bd_oci_layout *layout, char **text_out, size_t *text_size_out,
			struct bd_error *err);
int bd_oci_layout_json(const struct bd_oci_layout *layout, const char *digest, uint64_t size_bytes, char **text_out,
		       size_t *text_size_out, struct bd_error *err);
/* A blob whose size and sha256 are right, at its beginning; the caller closes. EBADMSG: they are not. */
int bd_oci_layout_blob(const struct bd_oci_layout *layout, const char *digest, uint64_t size_bytes, int *fd_out,
		       struct bd_error *err);

#endif
