/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `info` and `map` print with --json. */
#ifndef BD_CLI_IMAGE_INFO_JSON_H
#define BD_CLI_IMAGE_INFO_JSON_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/image/info.h"

/* Prints the document. with_groups: of every filesystem. */
int image_info_print_json(const struct image_info *info, bool with_groups, struct bd_error *err);

#endif
