/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits names and asks the files. */
#include "bootmenu/grub/place.h"

#include <errno.h>
#include <string.h>

#include "bootmenu/grub/limits.h"

bool grub_place_of(const struct grub_run *run, const char *name, struct grub_place *place_out)
{
	const char *device = grub_variables_get(&run->variables, "root"), *path = name;
	size_t length = device ? strlen(device) : 0;

	if (*name == '(') {
		const char *close = strchr(name, ')');
		if (!close)
			return false;
		device = name + 1;
		length = (size_t)(close - device);
		path = close + 1;
	}
	if (*path != '/' || length >= sizeof(place_out->device))
		return false;
	if (length == strlen(run->device) && memcmp(device ? device : "", run->device, length) == 0)
		length = 0;
	if (length)
		memcpy(place_out->device, device, length);
	place_out->device[length] = '\0';
	place_out->path = path;
	return true;
}

int grub_place_look(struct grub_run *run, const char *name, char *type_out, struct bd_error *err)
{
	struct grub_place place;

	*type_out = '\0';
	if (!grub_place_of(run, name, &place))
		return 0;
	if (grub_run_lookup(run, err) != 0)
		return -1;
	return run->files->look(run->files->source, place.device, place.path, type_out, err);
}

int grub_place_read(struct grub_run *run, const char *name, size_t limit_bytes, char **text_out, size_t *size_out,
		    struct bd_error *err)
{
	struct grub_place place;

	*text_out = NULL;
	*size_out = 0;
	if (!grub_place_of(run, name, &place))
		return 0;
	if (grub_run_lookup(run, err) != 0)
		return -1;
	if (run->files->read(run->files->source, place.device, place.path, limit_bytes, text_out, size_out, err) == 0)
		return 0;
	if (err->code != EFBIG)
		return -1;
	*err = (struct bd_error)BD_ERROR_INIT;
	*text_out = NULL;
	return 0;
}

int grub_place_copy(const struct grub_place *place, struct bd_bootmenu_path *path_out, struct bd_error *err)
{
	if (strlen(place->path) >= BD_BOOTMENU_TEXT_MAX)
		return bd_fail(err, E2BIG, "a path is longer than %d bytes", BD_BOOTMENU_TEXT_MAX - 1);
	path_out->device = strdup(place->device);
	path_out->path = strdup(place->path);
	return path_out->device && path_out->path ? 0 : bd_no_memory(err);
}
