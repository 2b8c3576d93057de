/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The menu of a grub.cfg with the entries that it has GRUB take in by blscfg and uki: what bd_bootmenu_find is given to read one. */
#ifndef BD_BOOTMENU_GRUB_MENU_H
#define BD_BOOTMENU_GRUB_MENU_H

#include "base/err.h"
#include "bootmenu/files.h"
#include "bootmenu/loader_conf.h"
#include "bootmenu/menu.h"

struct bd_bootmenu_grub {
	const struct bd_bootmenu_files *files;
	const char *architecture; /* as in struct bd_bls_request */
	bd_loader_list_images list_images; /* NULL: the command uki gives nothing */
	void *images_context; /* its first argument */
	void (*warn)(void *context, const char *message); /* as in struct bd_grub_hooks; NULL: nobody is told */
	void *warn_context; /* its first argument */
	const char *const *opened; /* as in struct bd_grub_hooks */
	size_t opened_count;
};

/* grub: a struct bd_bootmenu_grub. path: of the file, whose folder is the prefix. Errors as of bd_grub_cfg_read_file. */
int bd_bootmenu_read_grub_cfg(void *grub, const char *device, const char *path, struct bd_bootmenu *menu_out,
			      struct bd_error *err);

#endif
