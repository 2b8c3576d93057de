/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of `doctor` for configs that `start` would refuse. */
#include "ops/doctor/refused.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/shell_word.h"
#include "ops/guest/autostart.h"
#include "ops/guest/cfg_check.h"

static void report(struct doctor *doctor, const char *path, const struct bd_error *problem)
{
	BD_FREE char *word = bd_shell_word(path);

	doctor_found(doctor, "cfgs", DOCTOR_WARNING, "xen-bigdisk start refuses %s", problem->message);
	doctor_advise(doctor,
		      "to let xen-bigdisk start it, correct it until this reports no error: xen-bigdisk config %s",
		      word ? word : "FILE");
}

static void check(struct doctor *doctor, const char *path)
{
	struct bd_error problem = BD_ERROR_INIT;

	if (cfg_check(&doctor->boot.toolstack, path, &problem) != 0 && problem.code != ENOENT)
		report(doctor, path, &problem);
}

static bool is_among(const struct bd_cfgs *cfgs, const struct stat *file)
{
	for (size_t i = 0; i < cfgs->count; i++)
		if (bd_path_leads_to(cfgs->items[i].path, file))
			return true;
	return false;
}

/* What xendomains starts, and is not among the configs of the folder: files there, and links to somewhere else. */
static void check_autostart(struct doctor *doctor)
{
	BD_CLOSEDIR DIR *folder = doctor->in_system_folders ? opendir(GUEST_AUTOSTART_FOLDER) : NULL;

	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		char path[PATH_MAX];
		struct stat there;
		if (entry->d_name[0] == '.' || fstatat(dirfd(folder), entry->d_name, &there, 0) != 0 ||
		    !S_ISREG(there.st_mode) || is_among(&doctor->cfgs, &there))
			continue;
		snprintf(path, sizeof(path), GUEST_AUTOSTART_FOLDER "/%s", entry->d_name);
		check(doctor, path);
	}
}

void doctor_check_refused(struct doctor *doctor)
{
	if (!doctor->boot.toolstack.plugin)
		return;
	/* Those that cannot be parsed have been told. */
	for (size_t i = 0; i < doctor->cfgs.count; i++)
		check(doctor, doctor->cfgs.items[i].path);
	check_autostart(doctor);
}
