/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hotplug programs need of xenstore: a small interface, so that all they decide is tested with a store in memory.
 *
 * hotplug/libxenstore.h is the real one, and the only file here that needs Xen's headers. Paths are as in XENBUS_PATH: relative ones
 * ("backend/vbd/5/51712") are those of the domain that the program runs in.
 */
#ifndef BD_HOTPLUG_XENSTORE_H
#define BD_HOTPLUG_XENSTORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct bd_xenstore {
	/* *value_out is NULL where there is no such node; the caller frees it. Fails, too, where the value has a NUL inside. */
	int (*read)(void *context, const char *path, char **value_out, struct bd_error *err);
	/* The names below a path, none where there is no such node: one block of memory, that the caller frees. */
	int (*list)(void *context, const char *path, char ***names_out, size_t *count_out, struct bd_error *err);
	int (*write)(void *context, const char *path, const char *value, struct bd_error *err);
	/* What is read and written between begin and end is one transaction; there is one at a time. */
	int (*begin)(void *context, struct bd_error *err);
	/* Ends it: what was written is seen by others at once, or, where not commit, never. *again_out: none of it is seen
	 * because somebody else changed what was read; it has to be done again. */
	int (*end)(void *context, bool commit, bool *again_out, struct bd_error *err);
	void *context;
};

/* Longer paths are refused; xenstore's own limit for relative ones is 2048. */
#define BD_XENSTORE_PATH_SIZE 1024

/* As store->read, with the path as of printf(3). */
int bd_xenstore_read(const struct bd_xenstore *store, char **value_out, struct bd_error *err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Writes folder/name. */
int bd_xenstore_write(const struct bd_xenstore *store, const char *folder, const char *name, const char *value,
		      struct bd_error *err);

/* Reads and writes by change in a transaction, which is repeated as long as others get in between. change returns 0: to be
 * committed; 1: to be abandoned, nothing is to be done; -1. Returns the same. */
typedef int bd_xenstore_change_fn(const struct bd_xenstore *store, void *context, struct bd_error *err);
int bd_xenstore_change(const struct bd_xenstore *store, bd_xenstore_change_fn *change, void *context,
		       struct bd_error *err);

#endif
