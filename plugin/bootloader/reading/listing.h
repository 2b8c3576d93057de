/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GRUB's command "ls -l" prints (grub-core/commands/ls.c and normal/misc.c, 2.02 to 2.14), taken apart. Pure. Names with a newline
 * in them cannot be told from others; they mislead about the disk that they are on, and nothing else. */
#ifndef BD_BOOTLOADER_READING_LISTING_H
#define BD_BOOTLOADER_READING_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_grub_name {
	char *name; /* owned */
	char type; /* 'f' or 'd'; links are what they lead to, and left out where that is nothing */
	uint64_t size_bytes; /* of a file */
};

struct bd_grub_listing {
	struct bd_grub_name *names; /* owned */
	size_t count;
	bool is_there; /* the directory */
};

#define BD_GRUB_LISTING_MAX 16384 /* names in a directory */

void bd_grub_listing_dispose(struct bd_grub_listing *listing); /* idempotent */

/* *text: of several directories, each followed by the description of a device, which separates them. Takes the next one, and moves *text
 * behind its separator. The text has a NUL behind its end, and is changed. E2BIG: there are more names than BD_GRUB_LISTING_MAX. */
int bd_grub_listing_next(char **text, struct bd_grub_listing *listing_out, struct bd_error *err);

/* type: "xfs", "btrfs", "fat"; "": none that GRUB knows. uuid and label "": it has none. */
typedef int bd_grub_device_fn(void *context, const char *grub_name, const char *type, const char *uuid,
			      const char *label, struct bd_error *err);

/* Of all devices. The text is changed. */
int bd_grub_devices_parse(char *text, bd_grub_device_fn *visit, void *context, struct bd_error *err);

#endif
