/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is known about one disk that is checked, and the lines about what was checked. */
#ifndef BD_OPS_CHECK_CHECK_DISK_H
#define BD_OPS_CHECK_CHECK_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include "inside/examine/examine.h"
#include "inside/survey/survey.h"
#include "ops/image/e2fsprogs.h"
#include "ops/image/place.h"
#include "xlcfg/read.h"

/* Why e2fsck was not run on a filesystem. */
enum check_fsck {
	CHECK_FSCK_DONE,
	CHECK_FSCK_RUNNING, /* its guest runs */
	CHECK_FSCK_JOURNAL, /* its journal has to be replayed before */
	CHECK_FSCK_CUT, /* it ends behind the end of the image */
};

struct check_fsck_result {
	enum check_fsck state;
	struct e2fsprogs_verdict verdict; /* of CHECK_FSCK_DONE */
};

struct check_disk {
	struct image_place *place; /* borrowed; open */
	const struct bd_cfg *cfg; /* of its guest, with its text; borrowed; NULL: there is none */
	const char *cfg_text;
	const char *target; /* as the config names it; borrowed */
	bool is_known; /* it is there and raw, so that what follows tells of it */
	bool is_first; /* of the guest's disks */
	bool is_running;
	struct bd_survey survey;
	struct bd_examine examine;
	struct check_fsck_result *fscks; /* of each filesystem of the survey; owned */
};

static inline const struct bd_survey_filesystem *check_disk_filesystem(const struct check_disk *disk, int partition)
{
	for (size_t i = 0; i < disk->survey.filesystem_count; i++)
		if (disk->survey.filesystems[i].partition == partition && !disk->survey.filesystems[i].problem.code)
			return &disk->survey.filesystems[i];
	return NULL;
}

static inline bool check_disk_is_partition(const struct bd_survey_region *region)
{
	return region->kind == BD_SURVEY_PARTITION || region->kind == BD_SURVEY_SWAP;
}

/* A filesystem of that size that begins there is in one partition, or in the disk without any, and no other has a part of it: who
 * repairs it writes to nothing else. */
static inline bool check_disk_is_own(const struct check_disk *disk, uint64_t start_bytes, uint64_t size_bytes)
{
	bool found = false;

	for (size_t i = 0; i < disk->survey.region_count; i++) {
		const struct bd_survey_region *region = &disk->survey.regions[i];
		if (!check_disk_is_partition(region) && region->kind != BD_SURVEY_WHOLE)
			continue;
		if (!found && region->start_bytes == start_bytes && size_bytes <= region->size_bytes)
			found = true;
		else if (region->start_bytes < start_bytes + size_bytes &&
			 start_bytes < region->start_bytes + region->size_bytes)
			return false;
	}
	return found;
}

#endif
