/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the Boot Loader Specification (UAPI.1), whatever they are read from, and their order. Pure. */
#ifndef BD_BOOTMENU_BLS_LIST_H
#define BD_BOOTMENU_BLS_LIST_H

#include <stddef.h>

#include "base/err.h"
#include "bootmenu/menu.h"

/* Whose rules hold. */
enum bd_bls_rules {
	BD_BLS_SPECIFICATION, /* as systemd-boot follows it */
	BD_BLS_GRUB, /* the command blscfg of GRUB in Fedora, RHEL and openSUSE */
};

struct bd_bls_entry {
	struct bd_bootmenu_entry entry;
	char *name; /* of its file, without a boot counter: "fedora-6.11.conf", "debian.efi"; owned */
	char *sort_key, *machine_id, *version; /* NULL: it does not say; owned */
	int tries_left, tries_done; /* -1: its boots are not counted; none left: it has failed */
};

struct bd_bls_list {
	struct bd_bls_entry *items; /* owned */
	size_t count;
};

/* Appends an empty one. E2BIG: there are BD_BOOTMENU_ENTRIES_MAX. */
int bd_bls_list_add(struct bd_bls_list *list, struct bd_bls_entry **item_out, struct bd_error *err);
/* Takes the last one away. */
void bd_bls_list_drop(struct bd_bls_list *list);

/* The name and the counts of "NAME+LEFT-DONE.conf", "NAME+LEFT.efi" or "NAME.conf". */
int bd_bls_set_name(struct bd_bls_entry *item, const char *file_name, struct bd_error *err);

/* By the specification: those that have failed last; by sort-key, machine-id and version (newest first) those that have a sort-key,
 * then by name those without. The names are compared with their suffix and in lower case, as systemd-boot does, which keeps
 * "arch.conf" before "arch-fallback.conf"; the specification would have the suffix removed. Then by the profile. By GRUB: by name, newest
 * first. */
void bd_bls_list_sort(struct bd_bls_list *list, enum bd_bls_rules rules);

/* Titles that several have get their version behind them. */
int bd_bls_list_tell_apart(struct bd_bls_list *list, struct bd_error *err);

/* Appends all to the menu; the list is empty then. E2BIG: the menu is full, and has got none of those that the list still has. */
int bd_bls_list_move(struct bd_bls_list *list, struct bd_bootmenu *menu, struct bd_error *err);

void bd_bls_list_dispose(struct bd_bls_list *list); /* idempotent */

#endif
