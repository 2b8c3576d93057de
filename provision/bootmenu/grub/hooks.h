/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reading of a grub.cfg asks its caller for. */
#ifndef BD_BOOTMENU_GRUB_HOOKS_H
#define BD_BOOTMENU_GRUB_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bootmenu/bls_expand.h"
#include "bootmenu/menu.h"

/* A call of blscfg, which makes entries of the files of the Boot Loader Specification, or of uki. */
struct bd_grub_blscfg {
	bool images; /* the command is uki, which takes unified kernel images */
	const char *device; /* that it is to read: of the path's brackets, else $root; "" as in bd_bootmenu_path */
	/* --path, or Fedora's argument, without brackets: a folder, or one file whose name ends in .conf. NULL: where
	 * they usually are. */
	const char *path;
	const char *entry; /* --entry: the only file to take; NULL: all */
	bd_bls_variable variable; /* GRUB's where it is called: "kernelopts", "blsdir", "early_initrd", "boot" */
	const void *variables; /* its first argument */
};

/* All may be NULL. */
struct bd_grub_hooks {
	void *context;
	/* Entries' `opens` of earlier readings: their menus are read, and are submenus. The default is that of the last one's, where it has an
	 * entry. */
	const char *const *opened;
	size_t opened_count;
	/* Adds the entries, in the order of the menu, to one that has none; default_index and timeout_s are not
	 * looked at, nor is `submenu` of an entry. Paths' devices are as everywhere: "" is where the grub.cfg was
	 * found. Without it, blscfg does nothing. */
	int (*bls)(void *context, const struct bd_grub_blscfg *call, struct bd_bootmenu *menu, struct bd_error *err);
	/* What GRUB would print and pass over: "/boot/grub/grub.cfg: line 5: ...". Only the first few are told. The
	 * text may have any bytes that were in names. */
	void (*warn)(void *context, const char *message);
};

#endif
