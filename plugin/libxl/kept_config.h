/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libxl keeps of a domain's config: later starts and `xl list -l` go by it. By libxl's own functions, in its own format and under
 * its own lock. */
#ifndef BD_LIBXL_KEPT_CONFIG_H
#define BD_LIBXL_KEPT_CONFIG_H

#include <stdint.h>

#include <libxl.h>

#include "base/err.h"
#include "libxl/xen.h"

/* config_out has been initialized, and is for the caller to dispose of. */
int bd_kept_config_read(const struct bd_xen *xen, uint32_t domid, libxl_domain_config *config_out,
			struct bd_error *err);
int bd_kept_config_write(const struct bd_xen *xen, uint32_t domid, libxl_domain_config *config, struct bd_error *err);

#endif
