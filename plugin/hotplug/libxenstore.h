/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The xenstore of the running Xen, by libxenstore. */
#ifndef BD_HOTPLUG_LIBXENSTORE_H
#define BD_HOTPLUG_LIBXENSTORE_H

#include "hotplug/xenstore.h"

struct bd_libxenstore {
	struct bd_xenstore store;
	struct xs_handle *handle;
	unsigned transaction; /* XBT_NULL: none */
};

/* Connects; *xenstore is where it stays, as store points to it. */
int bd_libxenstore_open(struct bd_libxenstore *xenstore, struct bd_error *err);
void bd_libxenstore_dispose(struct bd_libxenstore *xenstore); /* idempotent; of one of zeros, too */

#endif
