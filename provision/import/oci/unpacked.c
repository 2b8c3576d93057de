/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path in an image is resolved as text, so it never leads out of the image, whatever its author wrote. */
#include "import/oci/unpacked.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void bd_oci_unpacked_dispose(struct bd_oci_unpacked *unpacked)
{
	for (size_t i = 0; i < unpacked->count; i++) {
		bd_cleanup_close(&unpacked->files[i].fd);
		free(unpacked->files[i].path);
		free(unpacked->files[i].target);
	}
	free(unpacked->files);
	*unpacked = (struct bd_oci_unpacked){ 0 };
}

const struct bd_oci_file *bd_oci_unpacked_find(const struct bd_oci_unpacked *unpacked, const char *path)
{
	for (size_t i = 0; i < unpacked->count; i++)
		if (!strcmp(unpacked->files[i].path, path))
			return &unpacked->files[i];
	return NULL;
}

int bd_oci_path(const char *from, const char *text, char **path_out, struct bd_error *err)
{
	const char *slash = from ? strrchr(from, '/') : NULL;
	BD_FREE char *path = calloc(1, (slash ? (size_t)(slash - from) : 0) + strlen(text) + 2);
	size_t used = slash ? (size_t)(slash - from) : 0;

	if (!path)
		return bd_no_memory(err);
	if (used)
		memcpy(path, from, used);
	for (const char *at = text; *at != '\0';) {
		size_t size = strcspn(at, "/");
		bool up = size == 2 && !memcmp(at, "..", 2);
		if (*text == '/' || (up && !used))
			return bd_fail(err, EINVAL, "the path %.80s leads out of the image", text);
		if (up) {
			while (used && path[used - 1] != '/')
				used--;
			used -= used > 0;
		} else if (size && !(size == 1 && *at == '.')) {
			if (used)
				path[used++] = '/';
			memcpy(path + used, at, size);
			used += size;
		}
		at += size;
		at += strspn(at, "/");
	}
	path[used] = '\0';
	*path_out = bd_take_ptr(path);
	return 0;
}
