/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configs for what is there without one: a running domain, or an image. */
#ifndef BD_OPS_GUEST_RECOVERED_H
#define BD_OPS_GUEST_RECOVERED_H

#include <stdint.h>

#include "base/err.h"
#include "ops/host/boot.h"
#include "ops/host/domains.h"
#include "xlcfg/read.h"

/* The text of a config for a domain, from what libxl keeps of it; the caller frees. ESRCH: it is not there. */
int recovered_domain_text(const struct boot *boot, struct bd_toolstack *toolstack, uint32_t domid, char **text_out,
			  struct bd_error *err);

/* What the guests that run have, whatever their configs say by now. Those that cannot be asked are left out. */
struct recovered {
	struct bd_cfg *cfgs;
	uint32_t *domids; /* of cfgs */
	size_t count;
};

int recovered_read(const struct boot *boot, const struct domains *domains, struct recovered *recovered_out,
		   struct bd_error *err);
void recovered_dispose(struct recovered *recovered); /* idempotent; a zeroed struct will do */

/* The text of a config for a disk image (an absolute path), with what is known of its guest from inside it: its name is
 * that of the file, its MAC address and UUID are those that `new` wrote into it, or else new ones. EINVAL: the file has no
 * name that a guest can have, or it is no disk. The caller frees. */
int recovered_image_text(const char *image, char **text_out, struct bd_error *err);

#endif
