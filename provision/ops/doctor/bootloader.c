/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of `doctor` on the user that reads guests' disks when they boot. */
#include "ops/doctor/bootloader.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ops/host/boot_obstacles.h"
#include "ops/host/host.h"

#define CHECK "pygrub_user"

static bool xl_knows(const struct doctor *doctor)
{
	return doctor->xen.major > 4 || doctor->xen.minor >= BD_BOOTLOADER_USER_SINCE_MINOR;
}

/* Newer Xens do without a plugin that says so. */
static bool can_restrict(const struct doctor *doctor)
{
	const struct bd_toolstack_plugin *plugin = doctor->boot.toolstack.plugin;

	return xl_knows(doctor) || (plugin && plugin->restricts_bootloader());
}

static void check_host(struct doctor *doctor)
{
	if (!doctor->has_xen && !bd_host_has_bootloader_user()) {
		doctor_found(doctor, CHECK, DOCTOR_UNCHECKED, "no Xen is running, so this cannot be checked");
	} else if (doctor->has_xen && !can_restrict(doctor)) {
		doctor_found(
			doctor, CHECK, DOCTOR_OK,
			"pygrub runs as root: this libxl of Xen %u.%u cannot run it without privileges (one with "
			"the fixes for XSA-443 can, and Xen 4.18)",
			doctor->xen.major, doctor->xen.minor);
	} else if (!bd_host_has_bootloader_user()) {
		doctor_found(doctor, CHECK, DOCTOR_WARNING,
			     "there is no user " BD_BOOTLOADER_USER ": pygrub parses the guests' disks as root");
		doctor_advise(doctor, BD_BOOTLOADER_USER_ADD " " BD_BOOTLOADER_USER);
	} else if (doctor->has_xen && !xl_knows(doctor)) {
		doctor_found(doctor, CHECK, DOCTOR_OK,
			     "pygrub runs unprivileged, as " BD_BOOTLOADER_USER
			     ", in guests started by xen-bigdisk; xl create of Xen %u.%u, and therefore xendomains, "
			     "runs it as root unless LIBXL_BOOTLOADER_RESTRICT=1 is in their environment",
			     doctor->xen.major, doctor->xen.minor);
	} else {
		doctor_found(doctor, CHECK, DOCTOR_OK, "pygrub runs unprivileged, as " BD_BOOTLOADER_USER "%s",
			     bd_host_has_bootloader_range()
				     ? ", with a separate uid per domain in guests started by xen-bigdisk"
				     : "");
	}
}

static void check_guest(struct doctor *doctor, const struct bd_cfg *cfg)
{
	BD_FREE char *command = NULL;
	const char *user;

	switch (bd_host_bootloader_obstacle(cfg, &user)) {
	case BD_BOOTLOADER_FINE:
		return;
	case BD_BOOTLOADER_NO_USER:
		doctor_found(doctor, CHECK, DOCTOR_PROBLEM,
			     "%s cannot start: bootloader_user names the user %s, which does not exist", cfg->name,
			     user);
		doctor_advise(doctor, BD_BOOTLOADER_USER_ADD " %s", user);
		return;
	case BD_BOOTLOADER_ROOT:
		doctor_found(doctor, CHECK, DOCTOR_PROBLEM,
			     "%s cannot start: bootloader_user names %s, whose uid is 0", cfg->name, user);
		doctor_advise(doctor, "name another user in bootloader_user, such as " BD_BOOTLOADER_USER);
		return;
	case BD_BOOTLOADER_CANNOT_READ:
		command = boot_setfacl_command(user, cfg->disks[0]);
		doctor_found(doctor, CHECK, DOCTOR_PROBLEM,
			     "%s cannot start: bootloader_user names %s, who cannot read %s", cfg->name, user,
			     cfg->disks[0]);
		doctor_advise(doctor, "%s", command ? command : "grant that user read access (setfacl)");
	}
}

void doctor_check_bootloader_user(struct doctor *doctor)
{
	check_host(doctor);
	for (size_t i = 0; i < doctor->cfgs.count; i++)
		check_guest(doctor, &doctor->cfgs.items[i]);
}
