/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which row of the screen is for what. The fewer there are, the less is shown; the list goes last. */
#ifndef BD_BOOTLOADER_MENU_LAYOUT_H
#define BD_BOOTLOADER_MENU_LAYOUT_H

#include <stddef.h>

#define BD_LAYOUT_NONE ((size_t)-1) /* there is no such row */

struct bd_layout {
	size_t heading;
	size_t body; /* the first row of the list, or the one of the line that is edited */
	size_t body_rows; /* at least one */
	size_t details, help, status;
};

/* rows: of the screen, at least one; wanted: rows that the body would fill, at least one. What comes behind the body
 * follows it at once, so that little is missed where the terminal is smaller than it says. */
struct bd_layout bd_layout_make(size_t rows, size_t wanted);

#endif
