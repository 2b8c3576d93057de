/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a text and changes to a changed image. */
#include "ops/inside/change.h"

#include <string.h>

#include "base/cleanup.h"

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

int inside_change(const struct image_place *place, const struct bd_change *changes, size_t count, bool keeps_labels,
		  bd_progress_report progress, struct bd_error *err)
{
	const struct bd_change_request request = { .partition = place->partition,
						   .changes = changes,
						   .count = count,
						   .image = place->image,
						   .labels_for = place->guest ? place->guest : place->image,
						   .keeps_labels = keeps_labels };
	return bd_inside_change(place->fd, &request, progress, err);
}
