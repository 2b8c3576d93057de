/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables of GRUB in a BLS entry: "$kernelopts $tuned_params". Pure. */
#ifndef BD_BOOTMENU_BLS_EXPAND_H
#define BD_BOOTMENU_BLS_EXPAND_H

#include <stdbool.h>

#include "bootmenu/menu.h"

/* The value of a variable; NULL: it is not set. */
typedef const char *(*bd_bls_variable)(const void *context, const char *name);

/* As expand_val of blscfg: a variable's value gets a space behind it, and one that is not set gives nothing; in both cases the space
 * that was there goes. "\$" is a dollar. The values are not looked into. Blanks at the end are cut off. False: there is no room. */
bool bd_bls_expand(const char *text, bd_bls_variable variable, const void *context,
		   char text_out[BD_BOOTMENU_TEXT_MAX]);

#endif
