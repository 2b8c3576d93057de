/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interface to xenstore, on libxenstore. */
#include "hotplug/libxenstore.h"

#include <errno.h>
#include <string.h>

#include <xenstore.h>

#include "base/cleanup.h"

static int read_node(void *context, const char *path, char **value_out, struct bd_error *err)
{
	struct bd_libxenstore *xenstore = context;
	unsigned length;

	BD_FREE char *value = xs_read(xenstore->handle, xenstore->transaction, path, &length);
	if (!value && errno != ENOENT)
		return bd_fail_errno(err, "cannot read %s in xenstore", path);
	if (value && strlen(value) != length)
		return bd_fail(err, EINVAL, "the value of %s in xenstore is no text", path);
	*value_out = bd_take_ptr(value);
	return 0;
}

static int list_nodes(void *context, const char *path, char ***names_out, size_t *count_out, struct bd_error *err)
{
	struct bd_libxenstore *xenstore = context;
	unsigned count = 0;

	char **names = xs_directory(xenstore->handle, xenstore->transaction, path, &count);
	if (!names && errno != ENOENT)
		return bd_fail_errno(err, "cannot list %s in xenstore", path);
	*names_out = names;
	*count_out = names ? count : 0;
	return 0;
}

static int write_node(void *context, const char *path, const char *value, struct bd_error *err)
{
	struct bd_libxenstore *xenstore = context;

	if (!xs_write(xenstore->handle, xenstore->transaction, path, value, (unsigned)strlen(value)))
		return bd_fail_errno(err, "cannot write %s in xenstore", path);
	return 0;
}

static int begin(void *context, struct bd_error *err)
{
	struct bd_libxenstore *xenstore = context;

	xenstore->transaction = xs_transaction_start(xenstore->handle);
	if (xenstore->transaction == XBT_NULL)
		return bd_fail_errno(err, "cannot begin a transaction in xenstore");
	return 0;
}

static int end(void *context, bool commit, bool *again_out, struct bd_error *err)
{
	struct bd_libxenstore *xenstore = context;
	xs_transaction_t transaction = xenstore->transaction;

	xenstore->transaction = XBT_NULL;
	*again_out = false;
	if (xs_transaction_end(xenstore->handle, transaction, !commit))
		return 0;
	if (errno != EAGAIN)
		return bd_fail_errno(err, "cannot end a transaction in xenstore");
	*again_out = commit;
	return 0;
}

int bd_libxenstore_open(struct bd_libxenstore *xenstore, struct bd_error *err)
{
	*xenstore = (struct bd_libxenstore){
		.store = { read_node, list_nodes, write_node, begin, end, xenstore },
		.handle = xs_open(0),
		.transaction = XBT_NULL,
	};
	return xenstore->handle ? 0 : bd_fail_errno(err, "cannot connect to xenstore");
}

void bd_libxenstore_dispose(struct bd_libxenstore *xenstore)
{
	if (xenstore->handle)
		xs_close(xenstore->handle);
	xenstore->handle = NULL;
}
