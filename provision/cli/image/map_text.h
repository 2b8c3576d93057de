/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map of a disk in characters. */
#ifndef BD_CLI_IMAGE_MAP_TEXT_H
#define BD_CLI_IMAGE_MAP_TEXT_H

#include "base/err.h"
#include "ops/image/info.h"

/* To stdout: as wide as the terminal, in colours where bd_style has them, and with block elements where its characters are UTF-8;
 * elsewhere in ASCII, 80 columns wide. */
int map_print_text(const struct image_info *info, struct bd_error *err);

#endif
