/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a text and changes to a changed image. */
#include "ops/inside/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/* Behind the name of the image, for a filesystem that has no journal. */
#define LOG_SUFFIX ".xen-bigdisk-log"

int inside_change_open(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;

	if (image_place_open(text, dir, &place, err) != 0 || image_place_lock(&place, err) != 0)
		return -1;
	*place_out = place;
	place = (struct image_place)IMAGE_PLACE_INIT; /* its owner is the caller now */
	return 0;
}

const char *inside_path_of(const char *text)
{
	const char *colon = image_place_colon(text);

	return colon && colon[1] ? colon + 1 : "/";
}

bool inside_is_same_image(const char *one, const char *other)
{
	const char *colon = image_place_colon(one), *other_colon = image_place_colon(other);

	return colon && other_colon && colon - one == other_colon - other &&
	       strncmp(one, other, (size_t)(colon - one)) == 0;
}

/* Beside the image itself, not beside a link to it. A device has no place for one. */
static int log_path(const struct image_place *place, char **path_out, struct bd_error *err)
{
	BD_FREE char *path = realpath(place->image, NULL);
	struct stat st;

	*path_out = NULL;
	if (!path || fstat(place->fd, &st) != 0)
		return bd_fail_errno(err, "cannot access %s", place->image);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (asprintf(path_out, "%s" LOG_SUFFIX, path) < 0) {
		*path_out = NULL;
		return bd_no_memory(err);
	}
	return 0;
}

int inside_change(const struct image_place *place, const struct bd_change *changes, size_t count,
		  bd_progress_report progress, struct bd_error *err)
{
	BD_FREE char *path = NULL;

	if (log_path(place, &path, err) != 0)
		return -1;
	const struct bd_change_request request = {
		.partition = place->partition, .changes = changes, .count = count, .log_path = path
	};
	return bd_inside_change(place->fd, &request, progress, err);
}
