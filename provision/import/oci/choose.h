/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses one of the images in a directory or a tar archive, and lists its parts. */
#ifndef BD_IMPORT_OCI_CHOOSE_H
#define BD_IMPORT_OCI_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "import/oci/image_choice.h"
#include "import/oci/layout.h"

struct bd_oci_layer {
	char *digest; /* "sha256:..." of the blob; NULL: it is a file of a docker-archive */
	char *path; /* of that file */
	char *media_type; /* "": not said */
	uint64_t size_bytes; /* of the blob */
	char *diff_id; /* "sha256:..." of what is in it once it is unpacked; NULL: not said */
};

struct bd_oci_image {
	struct bd_oci_layer *layers;
	size_t layer_count;
	struct bd_arena texts; /* of the layers */
};

void bd_oci_image_dispose(struct bd_oci_image *image); /* idempotent */

/* The only image for the platform that is asked for (linux/amd64), of the tag that is asked for. The same image under
 * several names is one; signatures and the like are none. EINVAL: there is none for that platform, or more than one; the
 * message says which there are. ENOENT: there is no image, or none of that tag. */
int bd_oci_choose(const struct bd_oci_layout *layout, const struct bd_image_choice *choice,
		  struct bd_oci_image *image_out, struct bd_error *err);

/* Whether a folder without an oci-layout holds a docker-archive or what skopeo calls "dir:", by its manifest.json. */
bool bd_oci_is_image_folder(int folder_fd);

#endif
