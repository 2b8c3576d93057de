/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the entries of a menu, each as if it had been chosen, and makes one list of them and those in submenus. */
#ifndef BD_BOOTMENU_GRUB_FLATTEN_H
#define BD_BOOTMENU_GRUB_FLATTEN_H

#include "base/err.h"
#include "bootmenu/grub/session.h"
#include "bootmenu/menu.h"

/* Of the session's level, which is gone then: appended to the menu, with its default. */
int grub_flatten(struct grub_session *session, struct bd_bootmenu *menu, struct bd_error *err);

#endif
