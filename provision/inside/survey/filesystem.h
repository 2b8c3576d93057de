/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandboxed side of a survey: one ext2, ext3 or ext4 filesystem. */
#ifndef BD_INSIDE_SURVEY_FILESYSTEM_H
#define BD_INSIDE_SURVEY_FILESYSTEM_H

#include "base/err.h"
#include "disk/data_ranges.h"
#include "disk/partitions.h"
#include "filestream/frame.h"

/* Sends BD_SURVEY_FRAME_FILESYSTEM, _GROUPS, _SLICES and _FREE_DATA (survey_frame.h), or nothing where it fails. fd: of the
 * image; its offset moves. data: where that has data on the host; NULL: it is not known. */
int bd_survey_filesystem(int fd, const struct bd_partition *partition, const struct bd_data_ranges *data,
			 struct bd_frame_writer *writer, struct bd_error *err);

#endif
