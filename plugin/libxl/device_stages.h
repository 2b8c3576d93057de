/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices libxl is connecting while it creates a domain, as its part of xenstore shows it: libxl_domain_create_new does
 * not say. */
#ifndef BD_LIBXL_DEVICE_STAGES_H
#define BD_LIBXL_DEVICE_STAGES_H

#include <stdint.h>

#include "toolstack/toolstack.h"

struct xs_handle;

struct bd_device_stages {
	struct xs_handle *xs; /* NULL: xenstored does not answer, or it has ended */
	uint32_t domid;
	enum bd_toolstack_stage now;
	void (*begin)(void *context, enum bd_toolstack_stage stage); /* a stage after BD_TOOLSTACK_STAGE_DOMAIN */
	void *context;
};

/* Begins to watch, of what has domid, begin and context. Where that fails, the stages are not told. */
void bd_device_stages_open(struct bd_device_stages *stages);
void bd_device_stages_close(struct bd_device_stages *stages); /* idempotent */

int bd_device_stages_fd(const struct bd_device_stages *stages); /* readable: look; -1 */
void bd_device_stages_look(void *context); /* context: the stages */

#endif
