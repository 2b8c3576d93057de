/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lvs and vgs with a selection: what is not there is no error then. */
#include "volume/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "volume/lvm.h"

#define SELECTION_SIZE (2 * BD_VOLUME_NAME_SIZE + 64)

static int read_report(const char *program, const char *columns, const char *selection,
		       struct bd_volumes *volumes_out, struct bd_error *err)
{
	bool is_lvs = strcmp(program, "lvs") == 0;
	const char *const argv[] = {
		program,   "--reportformat",	 "json",    "--units", "b", "--nosuffix", "-o", columns, "-S",
		selection, is_lvs ? "-O" : NULL, "lv_time", NULL
	};
	BD_FREE char *text = NULL;
	size_t size;

	return bd_lvm_report(argv, &text, &size, err) != 0 ? -1 : bd_volumes_parse(text, size, volumes_out, err);
}

int bd_volumes_find(const char *selection, struct bd_volumes *volumes_out, struct bd_error *err)
{
	return read_report("lvs", BD_VOLUME_COLUMNS, selection, volumes_out, err);
}

int bd_volume_find(const char *group, const char *name, struct bd_volumes *found_out, struct bd_error *err)
{
	char selection[SELECTION_SIZE];

	snprintf(selection, sizeof(selection), "vg_name=\"%s\" && lv_name=\"%s\"", group, name);
	return bd_volumes_find(selection, found_out, err);
}

int bd_volume_group_find(const char *group, struct bd_volumes *found_out, struct bd_error *err)
{
	char selection[SELECTION_SIZE];

	snprintf(selection, sizeof(selection), "vg_name=\"%s\"", group);
	return read_report("vgs", BD_VOLUME_GROUP_COLUMNS, selection, found_out, err);
}

/* The kernel knows it of a volume that is active, without LVM. False also where there is nothing at the path. */
static bool is_other_device(const char *path)
{
	char sys[64], uuid[8] = "";
	struct stat there;

	if (stat(path, &there) != 0)
		return false;
	if (!S_ISBLK(there.st_mode))
		return true;
	snprintf(sys, sizeof(sys), "/sys/dev/block/%u:%u/dm/uuid", major(there.st_rdev), minor(there.st_rdev));
	BD_FCLOSE FILE *file = fopen(sys, "re");
	return !file || !fgets(uuid, sizeof(uuid), file) || strncmp(uuid, "LVM-", 4) != 0;
}

int bd_volume_find_path(const char *path, struct bd_volumes *found_out, struct bd_error *err)
{
	char group[BD_VOLUME_NAME_SIZE], name[BD_VOLUME_NAME_SIZE];

	*found_out = (struct bd_volumes){ 0 };
	if (!bd_volume_path_split(path, group, name) || is_other_device(path) || !bd_lvm_is_usable())
		return 0;
	return bd_volume_find(group, name, found_out, err);
}

int bd_volume_find_ranges(const char *group, const char *name, char **ranges_out, struct bd_error *err)
{
	char volume[2 * BD_VOLUME_NAME_SIZE];
	const char *const argv[] = { "lvs", "--reportformat",	     "json", "--segments",
				     "-o",  BD_VOLUME_RANGE_COLUMNS, volume, NULL };
	BD_FREE char *text = NULL;
	size_t size;

	snprintf(volume, sizeof(volume), "%s/%s", group, name);
	return bd_lvm_report(argv, &text, &size, err) != 0 ? -1 : bd_volume_ranges_parse(text, size, ranges_out, err);
}
