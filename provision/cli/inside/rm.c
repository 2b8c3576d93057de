/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removes files inside images. */
#include "cli/inside/rm.h"

#include "cli/inside/change.h"

int inside_rm_is_meant(char **arguments, bool *is_meant_out, struct bd_error *err)
{
	*is_meant_out = arguments[0] && image_place_colon(arguments[0]);
	for (size_t i = 1; arguments[0] && arguments[i]; i++)
		if (*is_meant_out != (image_place_colon(arguments[i]) != NULL))
			return bd_usage(
				err,
				"%s is a guest and %s a path inside an image; remove the one and the other separately",
				arguments[*is_meant_out ? i : 0], arguments[*is_meant_out ? 0 : i]);
	return 0;
}

static int fill(void *context, const char *argument, struct bd_change *change, struct bd_error *err)
{
	const struct inside_rm *rm = context;
	(void)argument, (void)err;

	change->kind = BD_CHANGE_REMOVE;
	change->recursive = rm->recursive;
	change->force = rm->force;
	return 0;
}

int inside_rm(const struct inside_rm *rm, char **arguments, struct bd_error *err)
{
	return inside_change_each(arguments, rm->dir, fill, (void *)rm, err);
}
