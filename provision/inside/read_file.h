/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole content of one file inside an image. */
#ifndef BD_INSIDE_READ_FILE_H
#define BD_INSIDE_READ_FILE_H

#include <stddef.h>

#include "base/err.h"

/* fd: of the image; its offset moves. partition: as in bd_inside_request. Symbolic links are followed inside the image.
 * BD_KIND_NOT_FOUND; EISDIR, EINVAL: it is no regular file. */

/* Into memory, with a NUL behind it; the caller frees. EFBIG: it is larger than limit_bytes. */
int bd_inside_read_file(int fd, int partition, const char *path, size_t limit_bytes, char **text_out,
			size_t *size_out, struct bd_error *err);
/* The same of an image by its name. */
int bd_inside_read_file_of(const char *image, int partition, const char *path, size_t limit_bytes, char **text_out,
			   size_t *size_out, struct bd_error *err);
/* To a file, which is empty; holes stay holes. */
int bd_inside_copy_file(int fd, int partition, const char *path, int out_fd, struct bd_error *err);

#endif
