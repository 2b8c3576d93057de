/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the host's setting. */
#include "ops/host/hotplug.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "fleet/host_defaults.h"

void boot_set_hotplug(struct boot *boot)
{
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults defaults = { 0 };
	struct bd_error err = BD_ERROR_INIT;

	if (bd_host_defaults_read(&defaults, &err) != 0)
		bd_warn("%s; by whose hotplug scripts guests are to get disks and interfaces is not known, and the usual "
			"ones are used",
			err.message);
	boot->host.xens_hotplug = defaults.hotplug == BD_HOTPLUG_XEN;
}
