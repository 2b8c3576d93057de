/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of `doctor` on the monitors behind running guests. */
#include "ops/doctor/monitors.h"

#include <inttypes.h>

#include "ops/guest/monitor.h"

/* The guest's cfg; NULL: none of the folder is the domain's. */
static const struct bd_cfg *cfg_of(const struct doctor *doctor, const struct bd_toolstack_domain *domain)
{
	for (size_t i = 0; i < doctor->cfgs.count; i++)
		if (domains_find(&doctor->domains, &doctor->cfgs.items[i]) == domain)
			return &doctor->cfgs.items[i];
	return NULL;
}

static void report_lost(struct doctor *doctor, const struct bd_toolstack_domain *domain)
{
	const struct bd_cfg *cfg = cfg_of(doctor, domain);

	doctor_found(
		doctor, "monitors", DOCTOR_PROBLEM,
		"%s (domain %" PRIu32
		") has no monitor process: nothing will restart it when it reboots, or clean up when it powers off",
		domain->name, domain->domid);
	if (cfg)
		doctor_advise_command(doctor, "restart the monitor; the guest is not affected", "xen-bigdisk start",
				      cfg->path);
	else
		doctor_advise(doctor, "it has no config; once it has one, xen-bigdisk start restarts the monitor");
}

void doctor_check_monitors(struct doctor *doctor)
{
	const struct domains *domains = &doctor->domains;
	size_t ours = 0, foreign = 0, lost = 0;

	if (!domains->known) {
		doctor_found(doctor, "monitors", DOCTOR_UNCHECKED, "the running guests are not known");
		return;
	}
	for (size_t i = 0; i < domains->count; i++) {
		const struct bd_toolstack_domain *domain = &domains->items[i];
		if (domain->domid == 0)
			continue;
		ours += domain->monitor == BD_TOOLSTACK_MONITOR_RUNS;
		foreign += domain->monitor == BD_TOOLSTACK_MONITOR_FOREIGN;
		if (guest_monitor_is_lost(domain)) {
			report_lost(doctor, domain);
			lost++;
		}
	}
	if (!lost)
		doctor_found(
			doctor, "monitors", DOCTOR_OK,
			"%zu guest%s one behind it; %zu other domain%s created by another toolstack (xl), which "
			"monitors them itself",
			ours, ours == 1 ? " has" : "s have", foreign, foreign == 1 ? " was" : "s were");
}
