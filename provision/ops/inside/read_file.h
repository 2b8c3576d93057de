/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole content of one file inside an image. */
#ifndef BD_OPS_INSIDE_READ_FILE_H
#define BD_OPS_INSIDE_READ_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "ops/image/place.h"

/* With a NUL behind it; the caller frees. Symbolic links are followed inside the image. BD_KIND_NOT_FOUND; EFBIG: it is larger than
 * limit_bytes; EISDIR, EINVAL: it is no regular file. */
int inside_read_file(const struct image_place *place, const char *path, size_t limit_bytes, char **text_out,
		     size_t *size_out, struct bd_error *err);

#endif
