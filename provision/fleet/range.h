/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges such as "web{01..20}" and "192.0.2.{11..30}/24", with braces as in a shell; leading zeros are kept. Pure. */
#ifndef BD_FLEET_RANGE_H
#define BD_FLEET_RANGE_H

#include <stddef.h>

#include "base/err.h"

/* How many texts it stands for; 1 without braces. EINVAL: braces without a range of two decimal numbers in them, a second
 * pair, a range that counts down, or more than BD_FLEET_GUESTS_MAX. */
int bd_range_count(const char *text, size_t *count_out, struct bd_error *err);

/* The one at index; the caller frees. */
int bd_range_item(const char *text, size_t index, char **item_out, struct bd_error *err);

#endif
