/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a container image, in a directory or a tar archive of one: an OCI image layout (image-spec,
 * image-layout.md), a docker-archive (docker save, podman save, crane pull), or the directory that skopeo calls
 * "dir:". */
#ifndef BD_IMPORT_OCI_LAYOUT_H
#define BD_IMPORT_OCI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "import/oci/unpacked.h"

#define BD_SHA256_TEXT_SIZE 65

struct bd_oci_layout {
	int folder_fd; /* -1: it came as a tar */
	struct bd_oci_unpacked tar;
};

/* fd: a folder, or a tar from where it stands; borrowed. Of a tar, the files are unpacked into $TMPDIR or /var/tmp, without
 * names. EINVAL: it is no container image. EFBIG: the tar unpacks to far more than its own size. layout_out is to be
 * disposed of in any case. */
int bd_oci_layout_open(int fd, struct bd_oci_layout *layout_out, struct bd_error *err);
void bd_oci_layout_dispose(struct bd_oci_layout *layout); /* idempotent */

bool bd_oci_layout_has(const struct bd_oci_layout *layout, const char *path);
/* Whether a blob is there; images for other platforms may be left out. */
bool bd_oci_layout_has_blob(const struct bd_oci_layout *layout, const char *digest);

/* The text of a JSON file, with a NUL that text_size_out does not count; the caller frees. EFBIG over 4 MiB. */
int bd_oci_layout_text(const struct bd_oci_layout *layout, const char *path, char **text_out, size_t *text_size_out,
		       struct bd_error *err);
int bd_oci_layout_json(const struct bd_oci_layout *layout, const char *digest, uint64_t size_bytes, char **text_out,
		       size_t *text_size_out, struct bd_error *err);
/* A blob whose size and sha256 are right, at its beginning; the caller closes. EBADMSG: they are not. */
int bd_oci_layout_blob(const struct bd_oci_layout *layout, const char *digest, uint64_t size_bytes, int *fd_out,
		       struct bd_error *err);
/* A file by a path that the image itself gives, and the sha256 of what is in it. Links are followed inside the folder. */
int bd_oci_layout_file(const struct bd_oci_layout *layout, const char *path, int *fd_out, uint64_t *size_bytes_out,
		       char sha256_out[BD_SHA256_TEXT_SIZE], struct bd_error *err);

#endif
