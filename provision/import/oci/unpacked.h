/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a container image that was given as a tar archive, by their paths in it. */
#ifndef BD_IMPORT_OCI_UNPACKED_H
#define BD_IMPORT_OCI_UNPACKED_H

#include <stddef.h>

#include "base/err.h"

struct bd_oci_file {
	char *path; /* "index.json", "blobs/sha256/...", "HEX/layer.tar" */
	char *target; /* of a link: the path of the file itself; NULL: this is it */
	int fd; /* an unnamed temporary file; -1: it is a link */
};

struct bd_oci_unpacked {
	struct bd_oci_file *files;
	size_t count;
};

const struct bd_oci_file *bd_oci_unpacked_find(const struct bd_oci_unpacked *unpacked, const char *path);
void bd_oci_unpacked_dispose(struct bd_oci_unpacked *unpacked); /* idempotent */

/* A path inside the image, as it is written in the file at `from` (NULL: at its top): "./a" is "a", "../c" in "a/b" is
 * "c". The caller frees. EINVAL: it is absolute, or leads out of the folder. */
int bd_oci_path(const char *from, const char *text, char **path_out, struct bd_error *err);

#endif
