/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names in a directory of the disk: those that are wanted, sorted, and no more than a limit. */
#ifndef BD_BOOTMENU_NAMES_H
#define BD_BOOTMENU_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bootmenu/files.h"

#define BD_BOOTMENU_NAMES_MAX 65536 /* in a directory, wanted or not */

struct bd_bootmenu_names {
	char **texts; /* in the order of strcmp(3); owned, and each of them */
	size_t count;
};

struct bd_bootmenu_names_request {
	const struct bd_bootmenu_files *files;
	const char *device, *folder;
	/* NULL: all are wanted. A name that cannot be one of a file (with a slash, or too long) never is. */
	bool (*is_wanted)(const void *context, const char *name);
	const void *context;
	size_t limit;
};

/* None where there is no such directory. E2BIG: more are wanted than the limit, or there are more than BD_BOOTMENU_NAMES_MAX. */
int bd_bootmenu_list_names(const struct bd_bootmenu_names_request *request, struct bd_bootmenu_names *names_out,
			   struct bd_error *err);

bool bd_bootmenu_names_have(const struct bd_bootmenu_names *names, const char *name);
void bd_bootmenu_names_dispose(struct bd_bootmenu_names *names); /* idempotent */

#endif
