/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens an image as a whole. */
#include "ops/image/whole.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

typedef int open_place(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err);

static int open_whole(open_place *open, const char *text, const char *dir, struct image_place *place_out,
		      struct bd_error *err)
{
	BD_FREE char *with_colon = NULL;

	if (bd_text_format(&with_colon, err, "%s:", text) != 0 || open(with_colon, dir, place_out, err) != 0)
		return -1;
	place_out->path = "";
	return 0;
}

int image_whole_open(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err)
{
	return open_whole(image_place_open, text, dir, place_out, err);
}

int image_whole_open_any(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err)
{
	return open_whole(image_place_open_any, text, dir, place_out, err);
}

int image_size(const struct image_place *place, uint64_t *bytes_out, bool *is_device_out, struct bd_error *err)
{
	struct stat there;
	off_t end;

	if (fstat(place->fd, &there) != 0 || (end = lseek(place->fd, 0, SEEK_END)) < 0)
		return bd_fail_errno(err, "cannot determine the size of %s", place->image);
	*bytes_out = (uint64_t)end;
	*is_device_out = S_ISBLK(there.st_mode);
	return 0;
}
