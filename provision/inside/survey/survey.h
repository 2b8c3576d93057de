/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Surveys a disk image: its partition table, what lies where, and the superblocks, descriptors and bitmaps of its ext2, ext3 and
 * ext4 filesystems. All of that was written by whoever runs the guest, so it is read in a sandboxed process; what comes from
 * there is checked here.
 */
#ifndef BD_INSIDE_SURVEY_SURVEY_H
#define BD_INSIDE_SURVEY_SURVEY_H

#include <stdbool.h>

#include "base/err.h"
#include "inside/survey/facts.h"

/* fd: of the image; its offset moves. A filesystem that cannot be read is no failure: it has a problem. BD_KIND_NOT_FOUND: there
 * is no such partition. EINVAL: that partition has no such filesystem. */
int bd_survey_image(int fd, const struct bd_survey_request *request, struct bd_survey *survey_out,
		    struct bd_error *err);
void bd_survey_dispose(struct bd_survey *survey); /* idempotent */

/* What is in it was recognised as ext2, ext3 or ext4. */
bool bd_survey_is_ext(const struct bd_survey_region *region);

/* One of its partitions is, by its type, what UEFI boots from. */
bool bd_survey_has_efi_partition(const struct bd_survey *survey);

#endif
