/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads and opens the toolstack plugin. */
#include "ops/host/boot.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "ops/host/host.h"

int boot_open(const struct boot *boot, struct bd_toolstack **toolstack_out, struct bd_error *err)
{
	return boot->toolstack.plugin->open(&boot->host, toolstack_out, err);
}

int boot_machine(const struct boot *boot, struct bd_toolstack_machine *machine_out, struct bd_error *err)
{
	struct bd_toolstack *toolstack;

	if (boot_open(boot, &toolstack, err) != 0)
		return -1;
	int r = boot->toolstack.plugin->machine(toolstack, machine_out, err);
	boot->toolstack.plugin->close(toolstack);
	return r;
}

static void log_line(void *context, enum bd_toolstack_log_level level, const char *line)
{
	static const enum bd_log_level levels[] = { BD_LOG_ERROR, BD_LOG_WARNING, BD_LOG_INFO, BD_LOG_DEBUG };

	(void)context;
	bd_log(levels[level], "%s", line);
}

void boot_dispose(struct boot *boot)
{
	bd_toolstack_unload(&boot->toolstack);
	*boot = (struct boot){ 0 };
}

int boot_load(struct boot *boot, struct bd_error *err)
{
	if (bd_toolstack_load(true, &boot->toolstack, err) != 0)
		return -1;
	boot->host = (struct bd_toolstack_host){ .struct_size = sizeof(boot->host),
						 .log = log_line,
						 .cancel_fd = bd_cancel_fd(),
						 .log_dir = BD_LOCALSTATEDIR "/log/xen" };
	return 0;
}

/* From the first Xen on whose libxl has a member for it; before, where a security update has brought it. */
bool boot_can_restrict(const struct bd_xen_version *xen)
{
	BD_DISPOSE(bd_toolstack_unload) struct bd_loaded_toolstack loaded = { 0 };
	struct bd_error ignored;

	if (xen->major > 4 || xen->minor >= BD_BOOTLOADER_USER_SINCE_MINOR)
		return true;
	return bd_toolstack_load(true, &loaded, &ignored) == 0 && loaded.plugin->restricts_bootloader();
}
