/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths and transactions over the interface to xenstore. */
#include "hotplug/xenstore.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* A transaction of ours reads nodes of one device, which hardly anybody else changes; this many in a row is no coincidence. */
#define TRIES_MAX 100

int bd_xenstore_read(const struct bd_xenstore *store, char **value_out, struct bd_error *err, const char *format, ...)
{
	char path[BD_XENSTORE_PATH_SIZE];
	va_list args;

	va_start(args, format);
	int length = vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= sizeof(path))
		return bd_fail(err, ENAMETOOLONG, "a path in xenstore is too long: %.64s...", path);
	return store->read(store->context, path, value_out, err);
}

int bd_xenstore_write(const struct bd_xenstore *store, const char *folder, const char *name, const char *value,
		      struct bd_error *err)
{
	char path[BD_XENSTORE_PATH_SIZE];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return bd_fail(err, ENAMETOOLONG, "a path in xenstore is too long: %.64s...", path);
	return store->write(store->context, path, value, err);
}

int bd_xenstore_change(const struct bd_xenstore *store, bd_xenstore_change_fn *change, void *context,
		       struct bd_error *err)
{
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		bool again = false;
		struct bd_error later = BD_ERROR_INIT;
		if (store->begin(store->context, err) != 0)
			return -1;
		int result = change(store, context, err);
		if (result != 0) {
			store->end(store->context, false, &again, &later);
			return result;
		}
		if (store->end(store->context, true, &again, err) != 0)
			return -1;
		if (!again)
			return 0;
	}
	return bd_fail(err, EAGAIN, "cannot write to xenstore: its nodes were changed by others %d times in a row",
		       TRIES_MAX);
}
