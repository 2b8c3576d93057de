/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As much of xenstore as a hotplug script needs: reading and writing single nodes, outside of transactions.
 *
 * A path that does not begin with "/" is below /local/domain/DOMID of the domain that this runs in, as libxl gives XENBUS_PATH.
 * Tests fill the struct with functions of their own; vif_store.c fills it with libxenstore's. */
#ifndef BD_HOTPLUG_VIF_STORE_H
#define BD_HOTPLUG_VIF_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define HOTPLUG_VALUE_SIZE 1024 /* of a node's value, with a NUL behind it */

struct hotplug_store {
	void *handle; /* owned; the first argument of both functions */
	/* Fails only where the store does not answer, or the value has no room or a NUL inside; *there_out is false, and the value
	 * empty, where there is no such node. */
	int (*read)(void *handle, const char *path, char value_out[HOTPLUG_VALUE_SIZE], bool *there_out,
		    struct bd_error *err);
	int (*write)(void *handle, const char *path, const char *value, struct bd_error *err);
};

/* The xenstore of this host. */
int hotplug_store_open(struct hotplug_store *store_out, struct bd_error *err);
void hotplug_store_close(struct hotplug_store *store); /* idempotent */

#endif
