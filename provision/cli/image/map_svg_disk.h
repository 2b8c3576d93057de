/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk in an SVG picture: its regions to scale, what the host has of it, its beginning enlarged, and a table. */
#ifndef BD_CLI_IMAGE_MAP_SVG_DISK_H
#define BD_CLI_IMAGE_MAP_SVG_DISK_H

#include "base/err.h"
#include "cli/image/svg.h"
#include "ops/image/info.h"

int map_svg_disk(struct svg *svg, const struct image_info *info, struct bd_error *err);

#endif
