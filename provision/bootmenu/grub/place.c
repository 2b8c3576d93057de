/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits names and asks the files. */
#include "bootmenu/grub/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "bootmenu/entry.h"
#include "bootmenu/grub/limits.h"
#include "bootmenu/snapper.h"

static bool split(const struct grub_run *run, const char *name, struct grub_place *place)
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
	if (*path != '/' || length >= sizeof(place->device))
		return false;
	if (length == strlen(run->device) && memcmp(device ? device : "", run->device, length) == 0)
		length = 0;
	if (length)
		memcpy(place->device, device, length);
	place->device[length] = '\0';
	place->path = path;
	return true;
}

static const char *variable(const struct grub_run *run, const char *name)
{
	const char *value = grub_variables_get(&run->variables, name);

	return value ? value : "";
}

const char *grub_place_device(const struct grub_run *run, const char *device)
{
	return *device ? device : run->device;
}

/* Whether the device is the one with the grub.cfg, be it under another name, and has subvolumes. */
static int has_subvolumes(struct grub_run *run, const char *device, bool *has_out, struct bd_error *err)
{
	const char *folder = *run->root_folder ? run->root_folder : BD_SNAPPER_FOLDER;
	char type = '\0';

	device = grub_place_device(run, device);
	if (!run->was_asked || strcmp(device, run->asked_device) != 0) {
		if (grub_run_lookup(run, err) != 0 ||
		    run->files->look(run->files->source, device, folder, &type, err) != 0)
			return -1;
		snprintf(run->asked_device, sizeof(run->asked_device), "%s", device);
		run->asked_has_it = type == 'd';
		run->was_asked = true;
	}
	*has_out = run->asked_has_it;
	return 0;
}

static bool is_at_or_below(const char *path, const char *folder)
{
	return strcmp(path, folder) == 0 || bd_path_is_below(path, folder);
}

/* Where from the top of the filesystem the subvolume is that has the path; *path: within it. */
static const char *subvolume_of(const struct grub_run *run, const char **path)
{
	for (size_t i = run->subvolume_count; i > 0; i--) {
		const struct grub_subvolume *subvolume = &run->subvolumes[i - 1];
		if (!is_at_or_below(*path, subvolume->folder))
			continue;
		*path += strlen(subvolume->folder);
		return subvolume->path;
	}
	if (*variable(run, "btrfs_subvol"))
		return variable(run, "btrfs_subvol");
	return strcmp(variable(run, "btrfs_subvolid"), "5") == 0 ? "" : run->root_folder;
}

int grub_place_of(struct grub_run *run, const char *name, struct grub_place *place_out, bool *is_place_out,
		  struct bd_error *err)
{
	bool has;

	*is_place_out = split(run, name, place_out);
	const char *is_relative = variable(run, "btrfs_relative_path");
	if (!*is_place_out || !run->root_folder || (*is_relative != 'y' && *is_relative != '1') ||
	    (*run->root_folder && is_at_or_below(place_out->path, run->root_folder)))
		return 0;
	if (has_subvolumes(run, place_out->device, &has, err) != 0)
		return -1;
	if (!has)
		return 0;
	const char *path = place_out->path, *subvolume = subvolume_of(run, &path);
	*is_place_out = bd_bootmenu_join_path(subvolume, path + strspn(path, "/"), place_out->text);
	place_out->path = place_out->text;
	return 0;
}

int grub_place_mount(struct grub_run *run, const char *folder, const char *subvolume, struct bd_error *err)
{
	if (run->subvolume_count == GRUB_SUBVOLUMES_MAX)
		return bd_fail(err, E2BIG, "it mounts more than %d subvolumes", GRUB_SUBVOLUMES_MAX);
	struct grub_subvolume *mounted = &run->subvolumes[run->subvolume_count++];
	mounted->folder = strdup(folder);
	mounted->path = strdup(subvolume);
	return mounted->folder && mounted->path ? 0 : bd_no_memory(err);
}

int grub_place_look(struct grub_run *run, const char *name, char *type_out, struct bd_error *err)
{
	struct grub_place place;
	bool is_place;

	*type_out = '\0';
	if (grub_place_of(run, name, &place, &is_place, err) != 0)
		return -1;
	if (!is_place)
		return 0;
	if (grub_run_lookup(run, err) != 0)
		return -1;
	return run->files->look(run->files->source, grub_place_device(run, place.device), place.path, type_out, err);
}

int grub_place_read(struct grub_run *run, const char *name, size_t limit_bytes, char **text_out, size_t *size_out,
		    struct bd_error *err)
{
	struct grub_place place;
	bool is_place;

	*text_out = NULL;
	*size_out = 0;
	if (grub_place_of(run, name, &place, &is_place, err) != 0)
		return -1;
	if (!is_place)
		return 0;
	if (grub_run_lookup(run, err) != 0)
		return -1;
	return bd_bootmenu_read_small(run->files, grub_place_device(run, place.device), place.path, limit_bytes,
				      text_out, size_out, err);
}

int grub_place_copy(const struct grub_place *place, struct bd_bootmenu_path *path_out, struct bd_error *err)
{
	if (strlen(place->path) >= BD_BOOTMENU_TEXT_MAX)
		return bd_fail(err, E2BIG, "a path is longer than %d bytes", BD_BOOTMENU_TEXT_MAX - 1);
	path_out->device = strdup(place->device);
	path_out->path = strdup(place->path);
	return path_out->device && path_out->path ? 0 : bd_no_memory(err);
}
