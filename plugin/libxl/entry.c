/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of functions described in toolstack/toolstack.h, which is all that the plugin exports. */
#include <stdlib.h>
#include <string.h>

#include "libxl/attached.h"
#include "libxl/change.h"
#include "libxl/config/bootloader.h"
#include "libxl/describe.h"
#include "libxl/domains.h"
#include "libxl/hotplug.h"
#include "libxl/machine.h"
#include "libxl/monitor/create.h"
#include "libxl/plugin.h"
#include "libxl/recover.h"
#include "libxl/resize.h"
#include "libxl/wait.h"

/* Only this symbol is seen from outside. */
__attribute__((visibility("default"))) bd_toolstack_entry_fn bd_toolstack_entry;

static int open_toolstack(const struct bd_toolstack_host *host, struct bd_toolstack **toolstack_out,
			  struct bd_error *err)
{
	struct bd_toolstack *toolstack = calloc(1, sizeof(*toolstack));
	if (!toolstack)
		return bd_fail_errno(err, "cannot open the toolstack");
	toolstack->host = host;
	if (bd_xen_open(&toolstack->xen, NULL, err)) {
		free(toolstack);
		return -1;
	}
	*toolstack_out = toolstack;
	return 0;
}

static void close_toolstack(struct bd_toolstack *toolstack)
{
	if (!toolstack)
		return;
	bd_xen_close(&toolstack->xen);
	free(toolstack);
}

static int restricts_bootloader(void)
{
	return bd_bootloader_can_restrict();
}

const struct bd_toolstack_plugin *bd_toolstack_entry(void)
{
	static const struct bd_toolstack_plugin plugin = {
		.struct_size = sizeof(plugin),
		.abi = BD_TOOLSTACK_ABI,
		.name = "libxl",
		.xen_version = BD_XEN_RELEASE,
		.describe = bd_describe,
		.create = bd_create,
		.attach = bd_attach,
		.open = open_toolstack,
		.close = close_toolstack,
		.list = bd_list,
		.devices = bd_devices,
		.wait = bd_wait,
		.shutdown = bd_shutdown,
		.destroy = bd_destroy,
		.console = bd_console,
		.machine = bd_machine,
		.guest_data = bd_guest_data,
		.recover = bd_recover,
		.restricts_bootloader = restricts_bootloader,
		.set_memory = bd_set_memory,
		.set_vcpus = bd_set_vcpus,
		.hotplug = bd_hotplug_describe,
		.wait_change = bd_wait_change,
	};
	return &plugin;
}
