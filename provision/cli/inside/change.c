/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From arguments to transactions. */
#include "cli/inside/change.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cli/image/advice.h"

int inside_change_one(const char *argument, const char *dir, const struct bd_change *changes, size_t count,
		      struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;

	if (inside_change_open(argument, dir, &place, err) != 0)
		return image_advise(argument, err);
	if (inside_change(&place, changes, count, false, NULL, err) == 0)
		return 0;
	bd_wrap(err, "%s", place.image);
	return image_advise(argument, err);
}

static int change_one_image(char **arguments, size_t first, const char *dir, inside_fill_change *fill, void *context,
			    struct bd_error *err)
{
	BD_FREE struct bd_change *changes = NULL;
	size_t count = 0, capacity = 0;

	for (size_t i = first; arguments[i]; i++) {
		if (!inside_is_same_image(arguments[first], arguments[i]))
			continue;
		if (bd_array_reserve(changes, capacity, count + 1, err) != 0)
			return -1;
		changes[count] = (struct bd_change){ .path = inside_path_of(arguments[i]), .uid = -1, .gid = -1 };
		if (fill(context, arguments[i], &changes[count++], err) != 0)
			return -1;
	}
	return inside_change_one(arguments[first], dir, changes, count, err);
}

static bool was_done(char **arguments, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (inside_is_same_image(arguments[i], arguments[index]))
			return true;
	return false;
}

int inside_change_each(char **arguments, const char *dir, inside_fill_change *fill, void *context,
		       struct bd_error *err)
{
	for (size_t i = 0; arguments[i]; i++)
		if (image_place_check(arguments[i], err) != 0)
			return -1;
	for (size_t i = 0; arguments[i]; i++)
		if (!was_done(arguments, i) && change_one_image(arguments, i, dir, fill, context, err) != 0)
			return -1;
	return 0;
}
