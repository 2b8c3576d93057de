/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at a guest as at one that is removed. */
#include "ops/create/replaced.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "disk/device.h"
#include "ops/guest/names.h"

void create_replaced_dispose(struct create_replaced *replaced)
{
	guest_removed_dispose(&replaced->removed);
	*replaced = (struct create_replaced){ .memory_kib = 0 };
}

int create_replaced_look(const char *cfg_path, struct boot *boot, struct create_replaced *replaced_out,
			 struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	struct bd_toolstack_domain domain;
	bool found;

	if (guest_open(cfg_path, NULL, &cfg, err) != 0 || guest_domain_try(boot, &cfg, &domain, &found, err) != 0)
		return -1;
	replaced_out->frees_name = found && strcmp(domain.name, cfg.name) == 0;
	replaced_out->memory_kib = found ? domain.memory_kib : 0;
	return guest_remove_plan(boot, &cfg, GUEST_REMOVE_DESTROYS_ANY, &replaced_out->removed, err);
}

bool create_replaced_has(const struct create_replaced *replaced, const char *path)
{
	return replaced && guest_paths_has(&replaced->removed.paths, path);
}

uint64_t create_replaced_bytes(const struct create_replaced *replaced, const char *folder)
{
	struct stat there, file;
	uint64_t bytes = 0;

	if (!replaced || stat(folder, &there) != 0)
		return 0;
	for (size_t i = 0; i < replaced->removed.paths.count; i++)
		if (lstat(replaced->removed.paths.items[i], &file) == 0 && S_ISREG(file.st_mode) &&
		    file.st_dev == there.st_dev)
			bytes += (uint64_t)file.st_blocks * S_BLKSIZE;
	return bytes;
}

bool create_replaced_keeps(const struct create_replaced *replaced, const char *device)
{
	for (size_t i = 0; replaced && i < replaced->removed.files.count; i++)
		if (replaced->removed.files.items[i].stays &&
		    bd_device_shares_disk(replaced->removed.files.items[i].path, device))
			return true;
	return false;
}
