/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the regions of a disk and the facts of its filesystems are called, in tables, pictures and JSON. */
#ifndef BD_CLI_IMAGE_WORDS_H
#define BD_CLI_IMAGE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "ops/image/info.h"

#define IMAGE_WORDS_SIZE 320

/* "MBR", "core.img", "partition 1". */
void image_region_title(const struct bd_survey *survey, const struct bd_survey_region *region,
			char text_out[IMAGE_WORDS_SIZE]);
/* "boots GRUB 2", "ext3, label root"; "": there is nothing to say. */
void image_region_content(const struct bd_survey *survey, const struct bd_survey_region *region,
			  char text_out[IMAGE_WORDS_SIZE]);
/* "mbr": for JSON. */
const char *image_region_kind(enum bd_survey_region_kind kind);

/* NULL: there is none, or it cannot be read. */
const struct bd_survey_filesystem *image_region_filesystem(const struct bd_survey *survey,
							   const struct bd_survey_region *region);

const char *image_boot_code_title(enum bd_boot_code boot_code); /* "GRUB 2" */

/* "4 GiB", "3.9 MiB": of three digits, for people. */
void image_size_text(uint64_t bytes, char text_out[32]);
/* "522/1/63": cylinder, head and sector, of 255 heads and 63 sectors. */
void image_chs_text(uint64_t lba, char text_out[40]);
/* As a share of a hundred, never 0 for something and never 100 for less than all. 0 of 0 is 0. */
unsigned image_percent(uint64_t part, uint64_t all);
/* "2026-11-28 12:00:00" in this host's time zone; "never" for 0. */
void image_time_text(int64_t seconds, char text_out[32]);

static inline uint64_t image_filesystem_bytes(const struct bd_survey_filesystem *filesystem)
{
	return filesystem->blocks * filesystem->block_bytes;
}

#endif
