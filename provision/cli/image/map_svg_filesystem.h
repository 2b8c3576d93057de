/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filesystem in an SVG picture: what it is, how full its block groups are, and where journal and inode tables lie. */
#ifndef BD_CLI_IMAGE_MAP_SVG_FILESYSTEM_H
#define BD_CLI_IMAGE_MAP_SVG_FILESYSTEM_H

#include "cli/image/svg.h"
#include "ops/image/info.h"

void map_svg_filesystem(struct svg *svg, const struct image_info *info,
			const struct bd_survey_filesystem *filesystem);

/* What the colours mean. */
void map_svg_legend(struct svg *svg);

#endif
