/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses the way from sources to destination. */
#include "ops/inside/copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/progress.h"
#include "ops/image/place.h"
#include "ops/inside/change.h"
#include "ops/inside/copy_out.h"
#include "ops/inside/owner.h"
#include "ops/inside/spool.h"

static size_t count_sources(const struct inside_copy *copy)
{
	size_t count = 0;

	while (copy->sources[count])
		count++;
	return count;
}

/* One source, whose pattern may match several files. */
static int open_source(const struct inside_copy *copy, const char *source, struct image_place *place,
		       struct bd_file_stream **stream_out, struct bd_error *err)
{
	struct bd_inside_request request = { .depth = copy->recursive ? BD_INSIDE_ALL : 0,
					     .follow = !copy->recursive,
					     .content = true };

	if (image_place_open(source, copy->dir, place, err) != 0)
		return -1;
	return image_place_read(place, &request, stream_out, err);
}

/* --- out ---------------------------------------------------------------------------------------------------------- */

static int copy_out_one(const struct inside_copy *copy, const char *source, struct inside_copy_out *out,
			struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;

	if (open_source(copy, source, &place, &stream, err) != 0 ||
	    inside_copy_out_stream(out, stream, place.image, err) != 0)
		return -1;
	image_place_warn(&place, stream);
	return 0;
}

/* What went wrong with one source or file is reported, and the others follow; only Ctrl-C stops it. */
static int copy_out(const struct inside_copy *copy, struct bd_error *err)
{
	BD_DISPOSE(inside_copy_out_dispose) struct inside_copy_out out = INSIDE_COPY_OUT_INIT;
	struct bd_error canceled = BD_ERROR_INIT;

	if (inside_copy_out_open(&out, copy->destination, copy->recursive, count_sources(copy) > 1, err) != 0)
		return -1;
	bd_progress_stage("copying", 0);
	for (size_t i = 0; copy->sources[i] && !canceled.code; i++)
		if (copy_out_one(copy, copy->sources[i], &out, err) != 0) {
			if (err->kind == BD_KIND_CANCELED)
				canceled = *err;
			else
				inside_copy_out_report(&out, err);
		}
	int r = inside_copy_out_finish(&out, err);
	if (!canceled.code)
		return r;
	*err = canceled;
	return -1;
}

/* --- in ----------------------------------------------------------------------------------------------------------- */

static int spool_image(const struct inside_copy *copy, const char *source, struct inside_spool *spool,
		       struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;

	if (open_source(copy, source, &place, &stream, err) != 0)
		return -1;
	bd_progress_stage("reading the files", 0);
	if (inside_spool_stream(spool, stream, false, bd_progress_update, err) != 0)
		return bd_wrap(err, "%s", place.image);
	image_place_warn(&place, stream);
	return 0;
}

static bool has_directory(const struct bd_change *changes, size_t count, const char **name_out)
{
	for (size_t i = 0; i < count; i++)
		if (changes[i].kind == BD_CHANGE_PUT && S_ISDIR(changes[i].meta->mode)) {
			*name_out = changes[i].name_in_directory ? changes[i].name_in_directory : changes[i].path;
			return true;
		}
	return false;
}

static int copy_in(const struct inside_copy *copy, struct bd_error *err)
{
	BD_DISPOSE(inside_spool_dispose) struct inside_spool spool = INSIDE_SPOOL_INIT;
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_FREE struct bd_change *changes = NULL;
	const char *name;

	spool.path = inside_path_of(copy->destination);
	spool.must_be_directory = count_sources(copy) > 1;
	/* Locked from the beginning: what is put there depends on what is there. */
	if (inside_change_open(copy->destination, copy->dir, &place, err) != 0 ||
	    (copy->owner && inside_owner_parse(&place, copy->owner, &spool.uid, &spool.gid, err) != 0))
		return -1;
	for (size_t i = 0; copy->sources[i]; i++) {
		size_t first = spool.count;
		if ((image_place_colon(copy->sources[i])
			     ? spool_image(copy, copy->sources[i], &spool, err)
			     : inside_spool_host(&spool, copy->sources[i], copy->recursive, err)) != 0)
			return -1;
		/* A pattern with several matches is several sources. */
		if (!copy->recursive && spool.count > first + 1)
			spool.must_be_directory = true;
	}
	if (inside_spool_changes(&spool, &changes, err) != 0)
		return -1;
	if (!copy->recursive && has_directory(changes, spool.count, &name))
		return bd_fail(err, EISDIR, "%s is a directory", name);
	bd_progress_stage("writing to the image", spool.content_bytes);
	int r = inside_change(&place, changes, spool.count, copy->keeps_labels, bd_progress_update, err);
	bd_progress_end(r != 0);
	return r == 0 ? 0 : bd_wrap(err, "%s", place.image);
}

int inside_copy(const struct inside_copy *copy, struct bd_error *err)
{
	if (image_place_colon(copy->destination))
		return copy_in(copy, err);
	for (size_t i = 0; copy->sources[i]; i++)
		if (image_place_check(copy->sources[i], err) != 0)
			return -1;
	return copy_out(copy, err);
}
