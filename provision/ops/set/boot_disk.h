/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's first disk has to boot by. */
#ifndef BD_OPS_SET_BOOT_DISK_H
#define BD_OPS_SET_BOOT_DISK_H

#include <stdbool.h>

#include "base/err.h"
#include "inside/examine/facts.h"
#include "inside/survey/facts.h"

struct set_boot_disk {
	const char *path; /* borrowed */
	int fd; /* borrowed */
	struct bd_survey survey;
	struct bd_examine examine;
};

void set_boot_disk_dispose(struct set_boot_disk *disk); /* idempotent; a zeroed struct will do */

int set_boot_disk_look(int fd, const char *path, struct set_boot_disk *disk_out, struct bd_error *err);

/* The entry that pygrub and GRUB boot by default, and the partition that its paths are in. EINVAL: there is none, or its kernel is
 * missing. */
int set_boot_disk_entry(const struct set_boot_disk *disk, const struct bd_examine_entry **entry_out,
			int *partition_out, struct bd_error *err);

/* There is no filesystem that can be read, so that nothing is known of what is in it. */
bool set_boot_disk_is_dark(const struct set_boot_disk *disk);

/* EINVAL: no boot code in its first sector; no EFI system partition. */
int set_boot_disk_check_code(const struct set_boot_disk *disk, struct bd_error *err);
int set_boot_disk_check_efi(const struct set_boot_disk *disk, struct bd_error *err);

#endif
