/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of `doctor` on the user that reads guests' disks when they boot. */
#include "ops/doctor/bootloader.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/shell_word.h"
#include "ops/host/boot_obstacles.h"
#include "ops/host/bootloader.h"
#include "ops/host/host.h"
#include "xlcfg/boot.h"

#define CHECK "pygrub_user"
#define CHECK_BIGDISK "bigdisk"

/* The first guest that boots so, and how many others. NULL: none does. */
static const char *first_that_boots(const struct bd_cfgs *cfgs, enum bd_guest_boot wanted, size_t *others_out)
{
	const char *first = NULL;
	enum bd_guest_boot how;

	*others_out = 0;
	for (size_t i = 0; i < cfgs->count; i++) {
		if (!bd_cfg_boot(&cfgs->items[i], &how) || how != wanted)
			continue;
		*others_out += first != NULL;
		first = first ? first : cfgs->items[i].name;
	}
	return first;
}

void doctor_check_bigdisk(struct doctor *doctor)
{
	size_t others;
	const char *first = first_that_boots(&doctor->cfgs, BD_BOOT_BIGDISK, &others);
	char path[PATH_MAX], who[160];
	struct bd_error err = BD_ERROR_INIT;
	bool only_beside;
	bool is_there = bd_host_find_bootloader(BD_BOOTLOADER_BIGDISK, path, sizeof(path), &only_beside, &err) == 0;

	if (others)
		snprintf(who, sizeof(who), "%.100s and %zu other%s", first, others, others == 1 ? "" : "s");
	else
		snprintf(who, sizeof(who), "%.100s", first ? first : "");
	if (!is_there && !first) {
		doctor_found(doctor, CHECK_BIGDISK, DOCTOR_OK,
			     BD_BOOTLOADER_BIGDISK " is not installed; --boot bigdisk would need it");
	} else if (!is_there) {
		doctor_found(doctor, CHECK_BIGDISK, DOCTOR_PROBLEM,
			     BD_BOOTLOADER_BIGDISK " is not installed: %s cannot start", who);
		doctor_advise(doctor, "install it: it is part of xen-bigdisk (make install)");
	} else if (first && only_beside) {
		doctor_found(doctor, CHECK_BIGDISK, DOCTOR_WARNING,
			     "%s is not in PATH: xl create and xendomains cannot start %s, only xen-bigdisk can",
			     path, who);
		doctor_advise(doctor, "install it (make install), or add its directory to their PATH");
	} else {
		doctor_found(doctor, CHECK_BIGDISK, DOCTOR_OK, "%s", path);
	}
}

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

/* What xl and our plugin take where a config does not say it. */
static bool xl_conf_restricts(const struct doctor *doctor)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg conf = { 0 };
	BD_FREE char *text = NULL;
	struct bd_error ignored;

	return xl_knows(doctor) &&
	       bd_read_file(BD_SYSCONFDIR "/xen/xl.conf", BD_CFG_LIMIT_BYTES, &text, NULL, &ignored) == 0 &&
	       bd_cfg_parse(text, &conf, &ignored) == 0 && conf.restricts_bootloader;
}

static void advise_set(struct doctor *doctor, const struct bd_cfg *cfg)
{
	BD_FREE char *word = bd_shell_word(doctor->in_system_folders ? cfg->name : cfg->path);

	if (word)
		doctor_advise(doctor, "xen-bigdisk set %s boot=bigdisk", word);
	else
		doctor_advise(doctor, "write bootloader = \"" BD_BOOTLOADER_BIGDISK "\" in %s", cfg->path);
}

/* What changes it for good; where our boot loader is not installed, what does for now. */
static void advise_confining(struct doctor *doctor, const struct bd_cfg *cfg)
{
	struct bd_error ignored;
	char path[PATH_MAX];

	if (bd_host_find_bootloader(BD_BOOTLOADER_BIGDISK, path, sizeof(path), NULL, &ignored) == 0)
		advise_set(doctor, cfg);
	else if (can_restrict(doctor))
		doctor_advise(doctor,
			      "write bootloader_restrict = 1 in %s; its user has to be able to read the disks",
			      cfg->path);
	else
		doctor_advise(doctor,
			      "install " BD_BOOTLOADER_BIGDISK
			      ", which is part of xen-bigdisk, and write bootloader = \"" BD_BOOTLOADER_BIGDISK
			      "\" in %s",
			      cfg->path);
}

/* The Xen project supports pygrub without privileges only (XSA-443), and expects more holes in it (XSA-508). */
static void check_unconfined(struct doctor *doctor, const struct bd_cfg *cfg, bool xl_restricts)
{
	bool is_restricted = cfg->says_restrict ? cfg->restricts_bootloader : xl_restricts;
	enum bd_guest_boot how;

	if (!bd_cfg_boot(cfg, &how) || how != BD_BOOT_PYGRUB || (is_restricted && can_restrict(doctor)))
		return;
	doctor_found(
		doctor, CHECK, DOCTOR_WARNING,
		"%s boots by a pygrub that runs as root, which the Xen project does not support (XSA-443): whoever "
		"writes to its disk may take over dom0",
		cfg->name);
	advise_confining(doctor, cfg);
}

void doctor_check_bootloader_user(struct doctor *doctor)
{
	bool xl_restricts = doctor->has_xen && xl_conf_restricts(doctor);

	check_host(doctor);
	for (size_t i = 0; i < doctor->cfgs.count; i++) {
		const struct bd_cfg *cfg = &doctor->cfgs.items[i];
		check_guest(doctor, cfg);
		if (doctor->has_xen)
			check_unconfined(doctor, cfg, xl_restricts);
	}
}
