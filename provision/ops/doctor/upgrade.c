/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of `doctor` on upgrades. A package's maintainer script has the first of them, too (.packaging/debian/xen-bigdisk.postinst). */
#include "ops/doctor/upgrade.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "ops/doctor/process.h"

#define NEXT_BOOT "next_boot"
#define UPGRADED "upgraded"
#define BOOT_FOLDER "/boot"
/* The title of a monitor begins so (plugin/libxl/monitor). */
#define MONITOR_TITLE "xbd-"

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* xen-4.20-amd64.gz (Debian), xen-4.20.1.gz (others), or the same with .efi; not the links that lead to one of them. */
static bool is_hypervisor(const char *name, struct bd_xen_version *version_out)
{
	int used = 0;

	return sscanf(name, "xen-%u.%u%n", &version_out->major, &version_out->minor, &used) == 2 && used &&
	       (ends_with(name + used, ".gz") || ends_with(name + used, ".efi"));
}

/* Returns whether it has its plugin. */
static bool check_hypervisor(struct doctor *doctor, const char *name, const struct bd_xen_version *version)
{
	if (bd_toolstack_is_installed(version))
		return true;
	doctor_found(doctor, NEXT_BOOT, DOCTOR_WARNING,
		     BOOT_FOLDER "/%s can be booted, but there is no toolstack plugin for Xen %u.%u: under it "
				 "xen-bigdisk starts no guests",
		     name, version->major, version->minor);
	doctor_advise(
		doctor,
		"before the next boot, install the package xen-bigdisk-toolstack-%u.%u, or build the plugin with "
		"that release's libxen-dev (make install)",
		version->major, version->minor);
	return false;
}

void doctor_check_next_boot(struct doctor *doctor)
{
	BD_CLOSEDIR DIR *folder = opendir(BOOT_FOLDER);
	struct bd_error err = BD_ERROR_INIT;
	struct bd_xen_version version;
	size_t count = 0, lacking = 0;

	if (!folder && errno != ENOENT) {
		bd_fail_errno(&err, "cannot read " BOOT_FOLDER);
		if (doctor_unreadable(doctor, NEXT_BOOT, &err))
			doctor_advise(doctor, "see what is there: ls -ld " BOOT_FOLDER);
		return;
	}
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		if (!is_hypervisor(entry->d_name, &version))
			continue;
		count++;
		lacking += !check_hypervisor(doctor, entry->d_name, &version);
	}
	if (!count)
		doctor_found(doctor, NEXT_BOOT, DOCTOR_OK, "no Xen is in " BOOT_FOLDER);
	else if (!lacking)
		doctor_found(doctor, NEXT_BOOT, DOCTOR_OK,
			     "every Xen in " BOOT_FOLDER " (%zu) has its toolstack plugin", count);
}

void doctor_check_upgraded(struct doctor *doctor)
{
	BD_CLOSEDIR DIR *proc = opendir("/proc");
	char comm[DOCTOR_COMM_SIZE], which[256] = "";
	size_t count = 0;

	for (const char *pid; proc && (pid = doctor_next_process(proc, comm));) {
		if (strncmp(comm, MONITOR_TITLE, sizeof(MONITOR_TITLE) - 1) != 0 || !doctor_program_is_replaced(pid))
			continue;
		size_t used = strlen(which);
		snprintf(which + used, sizeof(which) - used, "%s%s (%s)", count++ ? ", " : "", comm, pid);
	}
	if (!count) {
		doctor_found(doctor, UPGRADED, DOCTOR_OK, "no monitor of a guest runs an older xen-bigdisk");
		return;
	}
	doctor_found(doctor, UPGRADED, DOCTOR_OK,
		     "%zu monitor%s run%s xen-bigdisk as it was before it was upgraded, which is harmless: %s", count,
		     count == 1 ? "" : "s", count == 1 ? "s" : "", which);
	doctor_advise(
		doctor,
		"nothing has to be done; to have the new one for a guest that keeps running: kill its process, then "
		"xen-bigdisk start GUEST, which gives it another");
}
