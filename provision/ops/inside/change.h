/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes files inside images. */
#ifndef BD_OPS_INSIDE_CHANGE_H
#define BD_OPS_INSIDE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "inside/change/change.h"
#include "ops/image/place.h"

/* Opens and locks the image of a text GUEST:/path; the path is place_out->path. */
int inside_change_open(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err);

/* Whether two texts name paths in one image, as far as what they say of it is the same. */
bool inside_is_same_image(const char *one, const char *other);

/* What is behind the colon of such a text, as an absolute path; borrowed from it. */
const char *inside_path_of(const char *text);

/* All changes in one transaction. The image is locked. keeps_labels: the SELinux labels that come with files count before those of
 * the image's policy. */
int inside_change(const struct image_place *place, const struct bd_change *changes, size_t count, bool keeps_labels,
		  bd_progress_report progress, struct bd_error *err);

#endif
