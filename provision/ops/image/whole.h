/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images as a whole, for commands that are about no path in them: GUEST, IMAGE, and IMAGE@2 where one partition is meant. */
#ifndef BD_OPS_IMAGE_WHOLE_H
#define BD_OPS_IMAGE_WHOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/image/place.h"

/* As image_place_open; the path of the place is "". */
int image_whole_open(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err);
/* Likewise as image_place_open_any. */
int image_whole_open_any(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err);

int image_size(const struct image_place *place, uint64_t *bytes_out, bool *is_device_out, struct bd_error *err);

#endif
