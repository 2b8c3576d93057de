/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Component by component. */
#include "bootloader/reading/path.h"

#include <string.h>

static size_t go_up(const char *path, size_t used)
{
	while (used && path[--used] != '/')
		;
	return used;
}

bool bd_boot_path_clean(const char *path, char path_out[BD_BOOTMENU_TEXT_MAX])
{
	size_t used = 0;

	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		size_t size = strcspn(path, "/");
		if (size == 2 && memcmp(path, "..", 2) == 0) {
			used = go_up(path_out, used);
		} else if (size != 1 || *path != '.') {
			if (used + 1 + size >= BD_BOOTMENU_TEXT_MAX)
				return false;
			path_out[used++] = '/';
			memcpy(path_out + used, path, size);
			used += size;
		}
		path += size;
	}
	path_out[used] = '\0';
	return true;
}
