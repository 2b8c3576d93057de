/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every key that xl of this release reads (xl.cfg(5), tools/xl/xl_parse.c). A key that is not here is unknown to xl, too. */
#ifndef BD_LIBXL_CONFIG_TABLE_H
#define BD_LIBXL_CONFIG_TABLE_H

#include "libxl/config/values.h"

/* What on_poweroff and its like can be, in xl's words; ends with a row without a name. */
extern const libxl_enum_string_table bd_action_words[];

/* NULL: xl does not know the key either. */
const struct bd_key *bd_key_find(const char *name);

/* The key has a meaning for the guest's type. */
bool bd_key_goes_with_type(const struct bd_reader *reader, const struct bd_key *key);

/* Reads those that are one plain value, if they are used and have a meaning for the guest's type. */
int bd_read_table(struct bd_reader *reader, struct bd_error *err);

#endif
