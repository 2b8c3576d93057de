/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of GRUB's commands, by the rules of grub-core/lib/arg.c. */
#ifndef BD_BOOTMENU_GRUB_OPTIONS_H
#define BD_BOOTMENU_GRUB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum grub_option_value { GRUB_NO_VALUE, GRUB_VALUE, GRUB_OPTIONAL_VALUE };

struct grub_option {
	const char *name;
	char letter; /* '\0': it has none */
	enum grub_option_value value;
};

struct grub_options {
	const struct grub_option *table; /* ends in a row without a name */
	char *const *words; /* behind the command's name; borrowed, as what is given out */
	size_t count, at;
	const char *letters; /* that are left of "-abc" */
	bool ended; /* by "--" */
};

#define GRUB_NO_OPTION (-1)

/* The next option, by its row, with its value (NULL: it has none), or GRUB_NO_OPTION with the next word that is no
 * option, or is one that is not in the table. False: there is nothing more. */
bool grub_options_next(struct grub_options *options, int *option_out, const char **value_out);

#endif
