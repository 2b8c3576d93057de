/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plugin's functions behind the table of entry.c. As in toolstack.h, but with the errors of base/err.h:
 * entry.c turns these into the ABI's. */
#ifndef BD_LIBXL_PLUGIN_H
#define BD_LIBXL_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "libxl/xen.h"
#include "toolstack/toolstack.h"

/* An open toolstack. */
struct bd_toolstack {
	const struct bd_toolstack_host *host;
	struct bd_xen xen;
};

typedef void bd_emit_fn(void *context, const char *text, size_t size_bytes);

/* describe.c */
int bd_describe(const struct bd_toolstack_host *host, const char *cfg_path, bd_emit_fn *emit, void *context,
		struct bd_error *err);
/* create.c */
int bd_create(const struct bd_toolstack_host *host, const struct bd_toolstack_create *request, uint32_t *domid_out,
	      struct bd_error *err);
int bd_attach(const struct bd_toolstack_host *host, uint32_t domid, const char *cfg_path, struct bd_error *err);
/* domains.c */
int bd_list(struct bd_toolstack *toolstack, int (*each)(void *context, const struct bd_toolstack_domain *domain),
	    void *context, struct bd_error *err);
int bd_shutdown(struct bd_toolstack *toolstack, uint32_t domid, enum bd_toolstack_shutdown how, struct bd_error *err);
int bd_destroy(struct bd_toolstack *toolstack, uint32_t domid, struct bd_error *err);
int bd_console(struct bd_toolstack *toolstack, uint32_t domid, struct bd_error *err);
/* attached.c */
int bd_devices(struct bd_toolstack *toolstack, uint32_t domid,
	       int (*each)(void *context, const struct bd_toolstack_device *device), void *context,
	       struct bd_error *err);
/* recover.c */
int bd_recover(struct bd_toolstack *toolstack, uint32_t domid, bd_emit_fn *emit, void *context, struct bd_error *err);
/* wait.c */
int bd_wait(struct bd_toolstack *toolstack, const uint8_t uuid[16], enum bd_toolstack_wait_for what,
	    unsigned timeout_ms, enum bd_toolstack_wait_result *result_out, struct bd_error *err);
/* machine.c */
int bd_machine(struct bd_toolstack *toolstack, struct bd_toolstack_machine *machine_out, struct bd_error *err);
int bd_guest_data(struct bd_toolstack *toolstack, uint32_t domid, const char *key, char *text_out, size_t text_size,
		  struct bd_error *err);

#endif
