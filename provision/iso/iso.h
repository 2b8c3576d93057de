/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small ISO 9660 image with Joliet and Rock Ridge, by libarchive: of a few files in its root. */
#ifndef BD_ISO_ISO_H
#define BD_ISO_ISO_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_iso_file {
	const char *name; /* "meta-data" */
	const char *text;
	size_t size_bytes;
};

/* Into an empty file. volume: its label. Its files are of root, and have the time `now`. ENOPKG: libarchive is not installed. */
int bd_iso_write(int fd, const char *volume, const struct bd_iso_file *files, size_t count, int64_t now,
		 struct bd_error *err);

/* A file in the root of an image that nobody but this host's administrator could write to, with a NUL behind it that size_bytes_out
 * does not count; the caller frees. BD_KIND_NOT_FOUND: there is none of that name. EFBIG: it is larger than limit_bytes. */
int bd_iso_read(const char *path, const char *name, size_t limit_bytes, char **data_out, size_t *size_bytes_out,
		struct bd_error *err);

#endif
