/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions that several readers ask of the files. */
#include "bootmenu/files.h"

#include <errno.h>

int bd_bootmenu_read_small(const struct bd_bootmenu_files *files, const char *device, const char *path,
			   size_t limit_bytes, char **text_out, size_t *size_out, struct bd_error *err)
{
	struct bd_error failure = BD_ERROR_INIT;

	if (files->read(files->source, device, path, limit_bytes, text_out, size_out, &failure) == 0)
		return 0;
	if (failure.code != EFBIG) {
		*err = failure;
		return -1;
	}
	*text_out = NULL;
	*size_out = 0;
	return 0;
}

int bd_bootmenu_is_file(const struct bd_bootmenu_files *files, const char *device, const char *path,
			bool *is_file_out, struct bd_error *err)
{
	char type;

	if (files->look(files->source, device, path, &type, err) != 0)
		return -1;
	*is_file_out = type == 'f';
	return 0;
}
