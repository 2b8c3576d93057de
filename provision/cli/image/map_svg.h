/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map of a disk as an SVG picture: complete in itself, without scripts, fonts or links. */
#ifndef BD_CLI_IMAGE_MAP_SVG_H
#define BD_CLI_IMAGE_MAP_SVG_H

#include <stddef.h>

#include "base/err.h"
#include "ops/image/info.h"

/* The document; the caller frees. */
int map_svg_make(const struct image_info *info, char **text_out, size_t *size_out, struct bd_error *err);

#endif
