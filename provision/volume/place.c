/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of "VALID NAMES" in lvm(8). */
#include "volume/place.h"

#include <stdio.h>
#include <string.h>

#define DEVICES "/dev/"

static bool is_name(const char *text, size_t length)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+_.-";

	return length && length < BD_VOLUME_NAME_SIZE && strspn(text, letters) >= length && *text != '-' &&
	       !(length == 1 && text[0] == '.') && !(length == 2 && text[0] == '.' && text[1] == '.');
}

static void copy(const char *text, size_t length, char out[BD_VOLUME_NAME_SIZE])
{
	memcpy(out, text, length);
	out[length] = '\0';
}

int bd_volume_place_parse(const char *text, struct bd_volume_place *place_out, struct bd_error *err)
{
	size_t length = strcspn(text, "/");
	const char *pool = text[length] ? text + length + 1 : "";

	if (!is_name(text, length) || (text[length] && !is_name(pool, strlen(pool))))
		return bd_usage(err, "\"%s\" names no volume group, such as vg, and no thin pool, such as vg/pool",
				text);
	*place_out = (struct bd_volume_place){ .group = "" };
	copy(text, length, place_out->group);
	copy(pool, strlen(pool), place_out->pool);
	return 0;
}

int bd_volume_check_name(const char *name, struct bd_error *err)
{
	static const char *const beginnings[] = { "snapshot", "pvmove" };

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
			return bd_usage(err,
					"LVM has names that begin with \"%s\" for itself: %s cannot name a volume",
					beginnings[i], name);
	return is_name(name, strlen(name)) ? 0 : bd_usage(err, "%s cannot name a logical volume", name);
}

void bd_volume_path(const char *group, const char *name, char path_out[BD_VOLUME_PATH_SIZE])
{
	snprintf(path_out, BD_VOLUME_PATH_SIZE, DEVICES "%s/%s", group, name);
}

void bd_volume_lock_path(const char *group, const char *name, char path_out[BD_VOLUME_PATH_SIZE])
{
	snprintf(path_out, BD_VOLUME_PATH_SIZE, DEVICES "%s %s", group, name);
}

bool bd_volume_path_split(const char *path, char group_out[BD_VOLUME_NAME_SIZE], char name_out[BD_VOLUME_NAME_SIZE])
{
	if (strncmp(path, DEVICES, strlen(DEVICES)) != 0)
		return false;
	const char *group = path + strlen(DEVICES), *slash = strchr(group, '/');
	if (!slash || !is_name(group, (size_t)(slash - group)) || !is_name(slash + 1, strlen(slash + 1)) ||
	    strncmp(group, "mapper/", strlen("mapper/")) == 0)
		return false;
	copy(group, (size_t)(slash - group), group_out);
	copy(slash + 1, strlen(slash + 1), name_out);
	return true;
}
