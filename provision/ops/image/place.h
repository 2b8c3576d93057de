/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths inside images, as scp(1) has them of hosts: GUEST:/path, IMAGE.img:/path, IMAGE.img@2:/path, /dev/vg/lv:/path. */
#ifndef BD_OPS_IMAGE_PLACE_H
#define BD_OPS_IMAGE_PLACE_H

#include <stdbool.h>

#include "base/err.h"
#include "filestream/file_stream.h"
#include "inside/open.h"

struct image_place {
	char *image; /* of the image or device; owned */
	int partition; /* 0: the one with the root filesystem */
	const char *path; /* what is behind the colon, borrowed from the text; "": the root directory */
	char *guest; /* owned; NULL: the image was named itself */
	bool is_running; /* the guest is */
	int fd; /* open for reading; owned */
};

#define IMAGE_PLACE_INIT \
	{ \
		.fd = -1 \
	}

void image_place_dispose(struct image_place *place); /* idempotent */

/* BD_EUSAGE: the text names nothing inside an image: it has no ":/", and no ":" at its end, which means the root directory. */
int image_place_check(const char *text, struct bd_error *err);

/* What is before the colon is a file or a device when it has a "/" or is the name of a file here, else a guest of dir (NULL:
 * the system's folder), whose first disk is meant. text stays borrowed. Opens the image. BD_EUSAGE: as image_place_check.
 * BD_KIND_NOT_FOUND: no such guest or file. */
int image_place_open(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err);

/* request->partition and the paths are set here. The stream's errors name the place. */
int image_place_read(const struct image_place *place, struct bd_inside_request *request,
		     struct bd_file_stream **stream_out, struct bd_error *err);

/* Warns of what makes what was read stale or doubtful. stream: at its end. */
void image_place_warn(const struct image_place *place, const struct bd_file_stream *stream);

#endif
