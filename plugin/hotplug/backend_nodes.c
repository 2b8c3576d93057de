/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes below a backend that is there. */
#include "hotplug/backend_nodes.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"

/* xenstore takes 4096 bytes with the path; what is behind this much of a message is not missed. */
#define TEXT_SIZE 2048

/* libxl writes it with the first nodes, and removes it with the last. 1: it is there. */
static int is_there(const struct bd_xenstore *store, const char *backend, struct bd_error *err)
{
	BD_FREE char *frontend = NULL;

	if (bd_xenstore_read(store, &frontend, err, "%s/frontend-id", backend) != 0)
		return -1;
	return frontend != NULL;
}

struct writing {
	const char *backend, *path, *value;
};

static int write_one(const struct bd_xenstore *store, void *context, struct bd_error *err)
{
	const struct writing *writing = context;

	int there = is_there(store, writing->backend, err);
	if (there <= 0)
		return there < 0 ? -1 : bd_fail(err, ENOENT, "%s was removed during hotplug add", writing->backend);
	return store->write(store->context, writing->path, writing->value, err);
}

int bd_backend_write(const struct bd_xenstore *store, const char *backend, const char *path, const char *value,
		     struct bd_error *err)
{
	struct writing writing = { backend, path, value };

	return bd_xenstore_change(store, write_one, &writing, err);
}

struct refusal {
	const char *backend, *status;
	char text[TEXT_SIZE];
};

static int write_refusal(const struct bd_xenstore *store, void *context, struct bd_error *err)
{
	const struct refusal *refusal = context;

	int there = is_there(store, refusal->backend, err);
	if (there <= 0)
		return there < 0 ? -1 : 1;
	if (bd_xenstore_write(store, refusal->backend, "hotplug-error", refusal->text, err) != 0)
		return -1;
	return bd_xenstore_write(store, refusal->backend, "hotplug-status", refusal->status, err);
}

int bd_backend_refuse(const struct bd_xenstore *store, const char *backend, const char *status, const char *text,
		      struct bd_error *err)
{
	struct refusal refusal = { .backend = backend, .status = status };

	snprintf(refusal.text, sizeof(refusal.text), "%s", text);
	return bd_xenstore_change(store, write_refusal, &refusal, err) < 0 ? -1 : 0;
}
