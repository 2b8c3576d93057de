/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grubenv, the file that GRUB keeps variables in between two boots (grub-core/lib/envblk.c): a signature, lines of
 * NAME=VALUE, in whose values a backslash stands before a backslash or newline, and "#" up to its 1024 bytes. */
#ifndef BD_BOOTMENU_GRUB_ENVIRONMENT_BLOCK_H
#define BD_BOOTMENU_GRUB_ENVIRONMENT_BLOCK_H

#include <stddef.h>

#include "base/err.h"

struct bd_grub_environment_item {
	char *name, *value; /* owned; without NULs */
};

/* Zeroed: nothing is in it. */
struct bd_grub_environment {
	struct bd_grub_environment_item *items; /* owned, in the order of the file */
	size_t count;
};

/* Into an empty one. A line without "=" and what is behind it is left out, as by GRUB. EINVAL: the signature is
 * missing. E2BIG: it has more than GRUB_VARIABLES_MAX variables. */
int bd_grub_environment_parse(const char *bytes, size_t size_bytes, struct bd_grub_environment *environment_out,
			      struct bd_error *err);
/* The last of that name, as GRUB sets one after the other; NULL: there is none. */
const char *bd_grub_environment_get(const struct bd_grub_environment *environment, const char *name);
void bd_grub_environment_dispose(struct bd_grub_environment *environment); /* idempotent */

#endif
