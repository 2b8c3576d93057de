/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An xl config file as the libxl_domain_config that `xl create` would make of it.
 *
 * The meaning of each key is xl's (tools/xl/xl_parse.c, xl.cfg(5)), with its defaults. Unlike xl, which passes
 * over what it does not know and warns about values that it cannot read, we refuse: a key that is not in the
 * table of config.c, a key set twice, a key that has no meaning for the guest's type, a value of the wrong form.
 * What is refused names file and line.
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
