/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that fill the menu: menuentry, submenu, blscfg, uki, configfile. */
#ifndef BD_BOOTMENU_GRUB_ENTRIES_H
#define BD_BOOTMENU_GRUB_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bootmenu/grub/session.h"

/* words[0]: the command's name. */
int grub_menuentry(struct grub_session *session, char *const *words, size_t count, const struct grub_node *block,
		   int *status_out, struct bd_error *err);
int grub_blscfg(struct grub_session *session, char *const *words, size_t count, int *status_out,
		struct bd_error *err);

/* Runs another file where this one runs, with its place in $config_file and $config_directory. */
int grub_source(struct grub_session *session, const char *name, int *status_out, struct bd_error *err);
/* With variables and a menu of its own, which take the place of those here where that menu has an entry: GRUB shows
 * it, and nothing of what is here runs any more. An entry that is neither the default nor was asked for does not get
 * there: it has an obstacle, and `opens`. */
int grub_configfile(struct grub_session *session, const char *name, int *status_out, struct bd_error *err);

#endif
