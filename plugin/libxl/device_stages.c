/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watches xenstore while libxl connects a domain's devices: first all disks, then the device model, if there is one, then all
 * network interfaces. libxl writes the nodes of each kind when it begins with it. */
#include "libxl/device_stages.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <xenstore.h>

#include "base/cleanup.h"

/* From the last to the first; the domid is between the two parts of a node's path. */
static const struct {
	enum bd_toolstack_stage stage;
	const char *before, *after;
} nodes[] = {
	{ BD_TOOLSTACK_STAGE_NETWORK, "/libxl/", "/device/vif" },
	{ BD_TOOLSTACK_STAGE_DEVICE_MODEL, "/local/domain/0/device-model/", "" },
	{ BD_TOOLSTACK_STAGE_DISKS, "/libxl/", "/device/vbd" },
};

#define NODES (sizeof(nodes) / sizeof(nodes[0]))

static void node_path(const struct bd_device_stages *stages, size_t i, char path_out[64])
{
	snprintf(path_out, 64, "%s%u%s", nodes[i].before, stages->domid, nodes[i].after);
}

static bool is_there(const struct bd_device_stages *stages, size_t i)
{
	char path[64];
	unsigned length;

	node_path(stages, i, path);
	BD_FREE char *value = xs_read(stages->xs, XBT_NULL, path, &length);
	return value != NULL;
}

/* A watch may be set before there is the node. */
static bool watch(const struct bd_device_stages *stages)
{
	char path[64];

	for (size_t i = 0; i < NODES; i++) {
		node_path(stages, i, path);
		if (!xs_watch(stages->xs, path, "device"))
			return false;
	}
	return true;
}

void bd_device_stages_open(struct bd_device_stages *stages)
{
	stages->now = BD_TOOLSTACK_STAGE_DOMAIN;
	stages->xs = xs_open(0);
	if (!stages->xs)
		return;
	if (watch(stages))
		bd_device_stages_look(stages);
	else
		bd_device_stages_close(stages);
}

void bd_device_stages_close(struct bd_device_stages *stages)
{
	if (stages->xs)
		xs_close(stages->xs);
	stages->xs = NULL;
}

int bd_device_stages_fd(const struct bd_device_stages *stages)
{
	return stages->xs ? xs_fileno(stages->xs) : -1;
}

static enum bd_toolstack_stage stage_now(const struct bd_device_stages *stages)
{
	for (size_t i = 0; i < NODES; i++)
		if (nodes[i].stage > stages->now && is_there(stages, i))
			return nodes[i].stage;
	return stages->now;
}

void bd_device_stages_look(void *context)
{
	struct bd_device_stages *stages = context;
	char **fired;

	while ((fired = xs_check_watch(stages->xs)))
		free(fired);
	enum bd_toolstack_stage stage = stage_now(stages);
	if (stage == stages->now)
		return;
	stages->now = stage;
	stages->begin(stages->context, stage);
}
