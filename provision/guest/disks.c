/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses further disks, and names their files. */
#include "guest/disks.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/text.h"

#define MIB ((uint64_t)1 << 20)
#define SIZE_MAX_BYTES ((uint64_t)16 << 40) /* of ext3 and ext4 with blocks of 4 KiB and 32-bit numbers */

int bd_guest_disks_add(struct bd_guest_disks *disks, const char *text, struct bd_error *err)
{
	struct bd_guest_disk disk = { 0 };

	if (disks->count == BD_FURTHER_DISKS_MAX)
		return bd_usage(err, "a guest has %d further disks at most", BD_FURTHER_DISKS_MAX);
	if (bd_parse_size(text, NULL, &disk.size_bytes, err) != 0)
		return -1;
	if (!disk.size_bytes || disk.size_bytes % MIB || disk.size_bytes > SIZE_MAX_BYTES)
		return bd_usage(err, "\"%s\" is not a whole number of MiB from 1M to 16T", text);
	disks->items[disks->count++] = disk;
	return 0;
}

void bd_further_disk_suffix(size_t index, char suffix_out[BD_FURTHER_DISK_SUFFIX_SIZE])
{
	snprintf(suffix_out, BD_FURTHER_DISK_SUFFIX_SIZE, "_disk%u.img", (unsigned)index % BD_FURTHER_DISKS_MAX + 2);
}

bool bd_is_further_disk(const char *path, const char *name, const char **suffix_out)
{
	char suffix[BD_FURTHER_DISK_SUFFIX_SIZE];

	for (size_t i = 0; i < BD_FURTHER_DISKS_MAX; i++) {
		bd_further_disk_suffix(i, suffix);
		if (!bd_path_is_named(path, name, suffix))
			continue;
		if (suffix_out)
			*suffix_out = path + strlen(path) - strlen(suffix);
		return true;
	}
	return false;
}
