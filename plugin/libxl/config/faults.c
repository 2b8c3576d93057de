/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins the errors of a config into one line. */
#include "libxl/config/faults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* For "and N more", and for what callers put before the message. */
#define ROOM_BYTES 160

static void add(struct bd_faults *faults, const char *before, const char *text)
{
	size_t room = sizeof(faults->text) - ROOM_BYTES - faults->used;

	faults->count++;
	/* The first is always told, as far as it goes. */
	if (faults->count > 1 && strlen(before) + strlen(text) >= room) {
		faults->left_out++;
		return;
	}
	int n = snprintf(faults->text + faults->used, room, "%s%s", before, text);
	faults->used += (size_t)n < room ? (size_t)n : room - 1;
}

int bd_faults_keep(struct bd_faults *faults, const struct bd_source *source, int r, struct bd_error *err)
{
	const char *text = err->message;
	size_t path = strlen(source->path);

	if (r == 0)
		return 0;
	if (err->code != EINVAL)
		return -1;
	/* The path stands before the first only. */
	bool repeats_path = faults->count && strncmp(text, source->path, path) == 0 && text[path] == ':';
	if (repeats_path)
		text += path + 1;
	if (repeats_path && *text >= '0' && *text <= '9')
		add(faults, "; line ", text);
	else
		add(faults, faults->count ? "; " : "", text + (repeats_path && *text == ' '));
	*err = (struct bd_error)BD_ERROR_INIT;
	return 0;
}

int bd_faults_end(const struct bd_faults *faults, struct bd_error *err)
{
	if (!faults->count)
		return 0;
	if (faults->left_out)
		return bd_fail(err, EINVAL, "%s; and %u more", faults->text, faults->left_out);
	return bd_fail(err, EINVAL, "%s", faults->text);
}
