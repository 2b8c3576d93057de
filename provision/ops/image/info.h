/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything about a disk image as a whole: what is in it, and what it takes on the host. Nothing is changed. */
#ifndef BD_OPS_IMAGE_INFO_H
#define BD_OPS_IMAGE_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "disk/data_ranges.h"
#include "disk/plan.h"
#include "inside/survey/survey.h"

struct image_info {
	char *image; /* of the file or device; owned */
	char *guest; /* owned; NULL: the image was named itself */
	bool is_running; /* the guest is */
	bool is_device;
	uint64_t allocated_bytes; /* on the host (st_blocks); of a device: all of it */
	struct bd_data_ranges data;
	struct bd_survey survey;
};

void image_info_dispose(struct image_info *info); /* idempotent */

/* text: GUEST, IMAGE or IMAGE@2, as image_whole_open has it; with a number only that partition's filesystem is looked at.
 * A filesystem that cannot be read is no failure: it has a problem. */
int image_info_read(const char *text, const char *dir, struct image_info *info_out, struct bd_error *err);

/* The first problem of a filesystem, which the error then is. 0: there is none. */
int image_info_check(const struct image_info *info, struct bd_error *err);

/* "cylinder", "aligned" or "other", by where the first partition begins; NULL: there is none. */
const char *image_layout_name(const struct bd_survey *survey);

#endif
