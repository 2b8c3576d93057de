/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An xl config file as the libxl_domain_config that `xl create` would make of it.
 *
 * The meaning of each key is xl's (tools/xl/xl_parse.c, xl.cfg(5)), with its defaults. What xl passes over, in
 * silence or with a warning, gets a warning with its line: a key that it does not know, one that has no meaning for
 * the guest's type, all uses but the last of one, a value of the wrong form. What xl ends with an error for is
 * refused, all of it at once, and so is what would surely fail later (a name with a slash, no memory, no CPU).
 */
#ifndef BD_LIBXL_CONFIG_CONFIG_H
#define BD_LIBXL_CONFIG_CONFIG_H

#include <libxl.h>

#include "base/err.h"
#include "libxl/config/env.h"

/* config_out must have been initialised by libxl_domain_config_init; on failure it may be partly filled. */
int bd_config_read(const char *path, const struct bd_config_env *env, libxl_domain_config *config_out,
		   struct bd_error *err);

#endif
