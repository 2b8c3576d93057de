/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domains of this host: listing them, destroying them, and their consoles. */
#ifndef BD_LIBXL_DOMAINS_H
#define BD_LIBXL_DOMAINS_H

#include <stdint.h>

#include "libxl/plugin.h"

enum bd_toolstack_domain_state bd_domain_state(const libxl_dominfo *info);

int bd_list(struct bd_toolstack *toolstack, int (*each)(void *context, const struct bd_toolstack_domain *domain),
	    void *context, struct bd_error *err);
int bd_shutdown(struct bd_toolstack *toolstack, uint32_t domid, enum bd_toolstack_shutdown how, struct bd_error *err);
int bd_destroy(struct bd_toolstack *toolstack, uint32_t domid, struct bd_error *err);
int bd_console(struct bd_toolstack *toolstack, uint32_t domid, struct bd_error *err);

#endif
