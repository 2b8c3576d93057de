/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for the files that a config names. */
#include "ops/doctor/missing.h"

#include <errno.h>
#include <unistd.h>

bool doctor_is_missing(const char *path)
{
	return path && path[0] == '/' && access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

size_t doctor_count_missing(const struct bd_cfg *cfg)
{
	size_t count = (size_t)doctor_is_missing(cfg->kernel) + doctor_is_missing(cfg->ramdisk);

	for (size_t i = 0; i < cfg->disk_count; i++)
		count += doctor_is_missing(cfg->disks[i]);
	return count;
}
