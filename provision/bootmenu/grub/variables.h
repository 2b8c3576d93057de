/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's variables: one context of them; a submenu gets a context of its own with those that are exported
 * (grub-core/kern/env.c, grub-core/normal/context.c). */
#ifndef BD_BOOTMENU_GRUB_VARIABLES_H
#define BD_BOOTMENU_GRUB_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Where a value comes from that the script has not written itself. */
struct grub_origin {
	const char *name; /* of the variable in an environment block */
	const char *file; /* that block: "/boot/grub/grubenv" */
};

struct grub_variable {
	char *name, *value; /* owned; value NULL: exported, but not set */
	bool exported;
	const struct grub_origin *origin; /* borrowed; NULL: the script has set it */
};

/* Zeroed: none. */
struct grub_variables {
	struct grub_variable *items; /* owned, sorted by name */
	size_t count;
	size_t bytes; /* of all names and values */
};

/* NULL: it is not set. Borrowed until something changes. */
const char *grub_variables_get(const struct grub_variables *variables, const char *name);

/* NULL: the script has set it, or nobody. */
const struct grub_origin *grub_variables_origin(const struct grub_variables *variables, const char *name);

/* "(hd0,1)" as root is "hd0,1", as in GRUB. E2BIG: too many, or too large. */
int grub_variables_set(struct grub_variables *variables, const char *name, const char *value, struct bd_error *err);
/* Of a variable that is set; the origin stays until another value is set. */
void grub_variables_set_origin(struct grub_variables *variables, const char *name, const struct grub_origin *origin);
int grub_variables_export(struct grub_variables *variables, const char *name, struct bd_error *err);
void grub_variables_unset(struct grub_variables *variables, const char *name);

/* Into an empty one. */
int grub_variables_copy(const struct grub_variables *from, bool only_exported, struct grub_variables *copy_out,
			struct bd_error *err);
void grub_variables_dispose(struct grub_variables *variables); /* idempotent */

#endif
