/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's xenstore, by libxenstore. */
#include "hotplug/vif_store.h"

#include <errno.h>
#include <string.h>

#include <xenstore.h>

#include "base/cleanup.h"

static int read_node(void *handle, const char *path, char value_out[HOTPLUG_VALUE_SIZE], bool *there_out,
		     struct bd_error *err)
{
	unsigned length = 0;
	BD_FREE char *value = xs_read(handle, XBT_NULL, path, &length);

	*value_out = '\0';
	*there_out = false;
	if (!value)
		/* length is then that of the answer, "ENOENT". */
		return errno == ENOENT ? 0 : bd_fail_errno(err, "cannot read %s in xenstore", path);
	if (length >= HOTPLUG_VALUE_SIZE || memchr(value, '\0', length))
		return bd_fail(err, EINVAL, "the value of %s in xenstore is too long, or no text", path);
	memcpy(value_out, value, length);
	value_out[length] = '\0';
	*there_out = true;
	return 0;
}

static int write_node(void *handle, const char *path, const char *value, struct bd_error *err)
{
	if (!xs_write(handle, XBT_NULL, path, value, (unsigned)strlen(value)))
		return bd_fail_errno(err, "cannot write %s in xenstore", path);
	return 0;
}

int hotplug_store_open(struct hotplug_store *store_out, struct bd_error *err)
{
	struct xs_handle *handle = xs_open(0);

	if (!handle)
		return bd_fail_errno(err, "cannot connect to xenstore");
	*store_out = (struct hotplug_store){ .handle = handle, .read = read_node, .write = write_node };
	return 0;
}

void hotplug_store_close(struct hotplug_store *store)
{
	if (store->handle)
		xs_close(store->handle);
	store->handle = NULL;
}
