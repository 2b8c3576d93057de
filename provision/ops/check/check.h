/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks an image, or all disks of a guest: partition table, boot sector, superblocks, filesystems, boot entries and the guest's
 * config, each against the others. Repairs what can be repaired without a choice. */
#ifndef BD_OPS_CHECK_CHECK_H
#define BD_OPS_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "ops/check/finding.h"

struct check_request {
	const char *
		place; /* as image_whole_open; with a partition, only its filesystem of the first disk is looked at */
	const char *dir;
	bool repair;
};

struct check_lines { /* of what was found to be there */
	char **items; /* owned, as are they */
	size_t count;
};

struct check_result {
	char *guest; /* owned; NULL: the image was named itself */
	bool is_running;
	char **images; /* of the disks, in the order of the config; owned */
	struct check_lines *lines; /* of each disk; owned */
	size_t disk_count;
	struct findings findings;
};

void check_result_dispose(struct check_result *result); /* idempotent */

/* Findings are no failure. BD_KIND_IN_USE: with repair, its guest runs, or somebody else has it open. */
int image_check(const struct check_request *request, struct check_result *result_out, struct bd_error *err);

size_t check_count(const struct check_result *result, enum finding_level level); /* of those that are not corrected */
size_t check_corrected(const struct check_result *result);

#endif
