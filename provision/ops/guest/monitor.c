/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Restarts the monitor of a running guest. */
#include "ops/guest/monitor.h"

#include <errno.h>

#include "base/log.h"
#include "ops/host/bootloader.h"
#include "ops/host/hotplug.h"

bool guest_monitor_is_lost(const struct bd_toolstack_domain *domain)
{
	return domain && domain->monitor == BD_TOOLSTACK_MONITOR_NONE && domain->state != BD_TOOLSTACK_DYING;
}

int guest_monitor_restore(struct boot *boot, const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain,
			  bool *attached_out, struct bd_error *err)
{
	*attached_out = false;
	if (!guest_monitor_is_lost(domain))
		return 0;
	bd_host_let_libxl_find_bigdisk(); /* when the guest reboots */
	boot_set_hotplug(boot);
	if (boot->toolstack.plugin->attach(&boot->host, domain->domid, cfg->path, err) == 0) {
		*attached_out = true;
		return 0;
	}
	if (err->code == EEXIST)
		return 0;
	return bd_wrap(err, "%s (domain %u) has no monitor process, and a new one could not be started", cfg->name,
		       domain->domid);
}

int guest_monitor_ensure(struct boot *boot, const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain,
			 struct bd_error *err)
{
	bool attached;

	if (guest_monitor_restore(boot, cfg, domain, &attached, err) != 0)
		return -1;
	if (attached)
		bd_warn("the monitor process of %s (domain %u) was gone; restarted it", cfg->name, domain->domid);
	return 0;
}
