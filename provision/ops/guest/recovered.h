/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recreates configs for domains that run without one. */
#ifndef BD_OPS_GUEST_RECOVERED_H
#define BD_OPS_GUEST_RECOVERED_H

#include <stdint.h>

#include "base/err.h"
#include "ops/host/boot.h"
#include "ops/host/domains.h"
#include "xlcfg/read.h"

/* The text of a config for a domain, from what libxl keeps of it; the caller frees. A name comes before a domid; dom0 is
 * none. BD_KIND_NOT_FOUND. */
int recovered_domain_find(const char *name_or_domid, char **text_out, struct bd_error *err);

/* What the guests that run have, whatever their configs say by now. Those that cannot be asked are left out. */
struct recovered {
	struct bd_cfg *cfgs;
	uint32_t *domids; /* of cfgs */
	size_t count;
};

int recovered_read(const struct boot *boot, const struct domains *domains, struct recovered *recovered_out,
		   struct bd_error *err);
void recovered_dispose(struct recovered *recovered); /* idempotent; a zeroed struct will do */

#endif
