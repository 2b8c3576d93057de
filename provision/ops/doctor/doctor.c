/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of `doctor`, in the order in which they run and are shown; later ones use what earlier ones have read. */
#include "ops/doctor/doctor.h"

#include <stdlib.h>

#include "ops/doctor/bootloader.h"
#include "ops/doctor/defaults.h"
#include "ops/doctor/disks.h"
#include "ops/doctor/guests.h"
#include "ops/doctor/host.h"
#include "ops/doctor/monitors.h"
#include "ops/doctor/records.h"
#include "ops/doctor/refused.h"
#include "ops/doctor/upgrade.h"
#include "ops/doctor/volumes.h"
#include "ops/doctor/xen.h"

static doctor_check *const checks[] = {
	doctor_check_xen,
	doctor_check_plugin,
	doctor_check_next_boot,
	doctor_check_xenstored,
	doctor_check_xenconsoled,
	doctor_check_memory,
	doctor_check_domains,
	doctor_check_pygrub,
	doctor_check_grub,
	doctor_check_pvgrub,
	doctor_check_templates,
	doctor_check_defaults,
	doctor_check_disk_space,
	doctor_check_cfgs,
	doctor_check_refused,
	doctor_check_bigdisk,
	doctor_check_bootloader_user,
	doctor_check_monitors,
	doctor_check_upgraded,
	doctor_check_bridge,
	doctor_check_hotplug,
	doctor_check_disks,
	doctor_check_unused,
	doctor_check_volumes,
	doctor_check_autostart,
	doctor_check_records,
	doctor_check_locks,
};

int doctor_run(struct doctor *doctor, struct bd_error *err)
{
	doctor->in_system_folders = !doctor->dir;
	doctor->cfg_dir = doctor->dir ? doctor->dir : BD_SYSCONFDIR "/xen";
	doctor->image_dir = doctor->dir ? doctor->dir : BD_LOCALSTATEDIR "/lib/xen/images";
	doctor_limits_complete(&doctor->limits);
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		checks[i](doctor);
	return doctor->out_of_memory ? bd_no_memory(err) : 0;
}

void doctor_dispose(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->count; i++) {
		free(doctor->findings[i].found);
		free(doctor->findings[i].advice);
	}
	free(doctor->findings);
	doctor->findings = NULL;
	doctor->count = 0;
	bd_cfgs_dispose(&doctor->cfgs);
	domains_dispose(&doctor->domains);
	recovered_dispose(&doctor->recovered);
	bd_loops_dispose(&doctor->loops);
	boot_dispose(&doctor->boot);
}

size_t doctor_count(const struct doctor *doctor, enum doctor_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < doctor->count; i++)
		count += doctor->findings[i].state == state;
	return count;
}

enum doctor_state doctor_worst(const struct doctor *doctor)
{
	if (doctor_count(doctor, DOCTOR_PROBLEM))
		return DOCTOR_PROBLEM;
	return doctor_count(doctor, DOCTOR_WARNING) ? DOCTOR_WARNING : DOCTOR_OK;
}
