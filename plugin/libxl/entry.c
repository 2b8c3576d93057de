/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of functions that toolstack/toolstack.h describes, which is all that the plugin exports. */
#include <stdlib.h>
#include <string.h>

#include "libxl/attached.h"
#include "libxl/config/bootloader.h"
#include "libxl/describe.h"
#include "libxl/domains.h"
#include "libxl/machine.h"
#include "libxl/monitor/create.h"
#include "libxl/plugin.h"
#include "libxl/recover.h"
#include "libxl/wait.h"

/* Only this symbol is seen from outside. */
__attribute__((visibility("default"))) bd_toolstack_entry_fn bd_toolstack_entry;

static int hand_over(int r, const struct bd_error *ours, struct bd_toolstack_error *err)
{
	if (r == 0)
		return 0;
	err->code = ours->code;
	memcpy(err->message, ours->message, sizeof(err->message));
	return -1;
}

_Static_assert(sizeof(struct bd_error) == sizeof(struct bd_toolstack_error), "the ABI's error is ours");

static int entry_describe(const struct bd_toolstack_host *host, const char *cfg_path, bd_emit_fn *emit, void *context,
			  struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_describe(host, cfg_path, emit, context, &ours), &ours, err);
}

static int entry_create(const struct bd_toolstack_host *host, const struct bd_toolstack_create *request,
			uint32_t *domid_out, struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_create(host, request, domid_out, &ours), &ours, err);
}

static int entry_attach(const struct bd_toolstack_host *host, uint32_t domid, const char *cfg_path,
			struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_attach(host, domid, cfg_path, &ours), &ours, err);
}

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

static int entry_open(const struct bd_toolstack_host *host, struct bd_toolstack **toolstack_out,
		      struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(open_toolstack(host, toolstack_out, &ours), &ours, err);
}

static void entry_close(struct bd_toolstack *toolstack)
{
	if (!toolstack)
		return;
	bd_xen_close(&toolstack->xen);
	free(toolstack);
}

static int entry_list(struct bd_toolstack *toolstack,
		      int (*each)(void *context, const struct bd_toolstack_domain *domain), void *context,
		      struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_list(toolstack, each, context, &ours), &ours, err);
}

static int entry_devices(struct bd_toolstack *toolstack, uint32_t domid,
			 int (*each)(void *context, const struct bd_toolstack_device *device), void *context,
			 struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_devices(toolstack, domid, each, context, &ours), &ours, err);
}

static int entry_wait(struct bd_toolstack *toolstack, const uint8_t uuid[16], enum bd_toolstack_wait_for what,
		      unsigned timeout_ms, enum bd_toolstack_wait_result *result_out, struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_wait(toolstack, uuid, what, timeout_ms, result_out, &ours), &ours, err);
}

static int entry_shutdown(struct bd_toolstack *toolstack, uint32_t domid, enum bd_toolstack_shutdown how,
			  struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_shutdown(toolstack, domid, how, &ours), &ours, err);
}

static int entry_destroy(struct bd_toolstack *toolstack, uint32_t domid, struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_destroy(toolstack, domid, &ours), &ours, err);
}

static int entry_console(struct bd_toolstack *toolstack, uint32_t domid, struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_console(toolstack, domid, &ours), &ours, err);
}

static int entry_machine(struct bd_toolstack *toolstack, struct bd_toolstack_machine *machine_out,
			 struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_machine(toolstack, machine_out, &ours), &ours, err);
}

static int entry_guest_data(struct bd_toolstack *toolstack, uint32_t domid, const char *key, char *text_out,
			    size_t text_size, struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_guest_data(toolstack, domid, key, text_out, text_size, &ours), &ours, err);
}

static int entry_recover(struct bd_toolstack *toolstack, uint32_t domid, bd_emit_fn *emit, void *context,
			 struct bd_toolstack_error *err)
{
	struct bd_error ours = BD_ERROR_INIT;
	return hand_over(bd_recover(toolstack, domid, emit, context, &ours), &ours, err);
}

static int entry_restricts_bootloader(void)
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
		.describe = entry_describe,
		.create = entry_create,
		.attach = entry_attach,
		.open = entry_open,
		.close = entry_close,
		.list = entry_list,
		.devices = entry_devices,
		.wait = entry_wait,
		.shutdown = entry_shutdown,
		.destroy = entry_destroy,
		.console = entry_console,
		.machine = entry_machine,
		.guest_data = entry_guest_data,
		.recover = entry_recover,
		.restricts_bootloader = entry_restricts_bootloader,
	};
	return &plugin;
}
