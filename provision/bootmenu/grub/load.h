/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that load something to be booted: linux and initrd in all their names, and those that start what
 * cannot be booted here. */
#ifndef BD_BOOTMENU_GRUB_LOAD_H
#define BD_BOOTMENU_GRUB_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bootmenu/grub/session.h"

/* words[0]: the command's name. *found_out false: it is none of them. Files are not looked for: a kernel that is not
 * there is loaded all the same. */
int grub_load(struct grub_session *session, char *const *words, size_t count, bool *found_out, int *status_out,
	      struct bd_error *err);

#endif
