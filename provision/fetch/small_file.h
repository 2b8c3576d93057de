/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checksums and signatures, which are small files here or at a URL. */
#ifndef BD_FETCH_SMALL_FILE_H
#define BD_FETCH_SMALL_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define BD_SMALL_FILE_BYTES (16u << 20)

/* The whole of it, with a NUL behind it that size_bytes_out does not count; the caller frees. may_be_plain: also by http://. EFBIG: it
 * is larger than BD_SMALL_FILE_BYTES. */
int bd_small_file_get(const char *location, bool may_be_plain, char **data_out, size_t *size_bytes_out,
		      struct bd_error *err);

#endif
