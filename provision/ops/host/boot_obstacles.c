/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks the bootloader and its user, and bridges. */
#include "ops/host/boot_obstacles.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/shell_word.h"
#include "ops/host/bootloader.h"
#include "ops/host/host.h"

char *boot_setfacl_command(const char *user, const char *disk)
{
	BD_FREE char *word = bd_shell_word(disk);
	char *command;

	if (!word || asprintf(&command, "setfacl -m u:%s:r %s", user, word) < 0)
		return NULL;
	return command;
}

int boot_check_bootloader(const struct bd_cfg *cfg, struct bd_error *err)
{
	const char *user;
	BD_FREE char *command = NULL;
	char path[PATH_MAX];

	if (bd_host_boots_by_bigdisk(cfg) &&
	    bd_host_find_bootloader(cfg->bootloader, path, sizeof(path), NULL, err) != 0)
		return -1;
	switch (bd_host_bootloader_obstacle(cfg, &user)) {
	case BD_BOOTLOADER_FINE:
		return 0;
	case BD_BOOTLOADER_NO_USER:
		return bd_fail(
			err, EACCES,
			"bootloader_user names the user %s, which does not exist; create it (" BD_BOOTLOADER_USER_ADD
			" %s) and let it read %s (setfacl -m u:%s:r ...)",
			user, user, cfg->disk_count ? cfg->disks[0] : "the disk", user);
	case BD_BOOTLOADER_ROOT:
		return bd_fail(
			err, EACCES,
			"bootloader_user names %s, whose uid is 0; name another user, such as " BD_BOOTLOADER_USER,
			user);
	case BD_BOOTLOADER_CANNOT_READ:
		command = boot_setfacl_command(user, cfg->disks[0]);
		return bd_fail(err, EACCES, "bootloader_user names %s, who cannot read %s; grant access: %s", user,
			       cfg->disks[0], command ? command : "setfacl -m u:USER:r FILE");
	}
	return 0;
}

void boot_warn_bridges(const struct bd_cfg *cfg)
{
	for (size_t i = 0; i < cfg->vif_count; i++)
		if (cfg->vifs[i].bridge[0] && bd_host_bridge_is_down(cfg->vifs[i].bridge))
			bd_warn("the bridge %s of %s is down; bring it up: ip link set %s up", cfg->vifs[i].bridge,
				cfg->name, cfg->vifs[i].bridge);
}

int boot_explain(const struct bd_cfg *cfg, struct bd_error *err)
{
	struct bd_error missing, before = *err;

	for (size_t i = 0; i < cfg->vif_count; i++) {
		const char *bridge = cfg->vifs[i].bridge;
		/* Open vSwitch's may have a VLAN behind their name. */
		if (!bridge[0] || strpbrk(bridge, ".:") || bd_host_check_bridge(bridge, &missing) == 0)
			continue;
		return bd_fail_as(err, &before,
				  "%s (its bridge %s does not exist; create it, or name another in vif=)",
				  before.message, bridge);
	}
	return -1;
}
