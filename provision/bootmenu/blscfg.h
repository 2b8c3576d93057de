/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command blscfg of Fedora's GRUB, which a grub.cfg calls. */
#ifndef BD_BOOTMENU_BLSCFG_H
#define BD_BOOTMENU_BLSCFG_H

#include "base/err.h"
#include "bootmenu/bls_expand.h"
#include "bootmenu/files.h"
#include "bootmenu/menu.h"

struct bd_blscfg {
	const struct bd_bootmenu_files *files;
	const char *device; /* that its argument is on, else $root */
	/* Its argument without the brackets: a folder, or a file whose name ends in .conf. NULL: $blsdir, or /loader/entries where that is
	 * not set, and where there is no such folder, /boot/loader/entries. */
	const char *path;
	const char *entry; /* the only file of the folder that is taken (GRUB 2.14's --entry); NULL: all */
	const char *architecture; /* as in struct bd_bls_request */
	bd_bls_variable variable; /* GRUB's; NULL: none is set */
	const void *variables;
};

/* Appends the entries to the menu, newest first. The default stays. Errors as of bd_bls_read. */
int bd_blscfg(const struct bd_blscfg *call, struct bd_bootmenu *menu, struct bd_error *err);

#endif
