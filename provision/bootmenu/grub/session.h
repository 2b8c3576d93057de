/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run of a grub.cfg has beside the script itself: the menu that it fills, and the kernel that it has loaded. */
#ifndef BD_BOOTMENU_GRUB_SESSION_H
#define BD_BOOTMENU_GRUB_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bootmenu/grub/hooks.h"
#include "bootmenu/grub/run.h"
#include "bootmenu/menu.h"

/* An entry of a menu before it is run. */
struct grub_item {
	char *title, *id; /* owned; id NULL: it has none */
	struct grub_words parameters; /* $1 and so on of its block */
	const struct grub_node *commands; /* in the tree */
	const char *text; /* instead of a block: in the tree */
	bool is_submenu;
	struct bd_bootmenu_path defined_in; /* as of the entry that it becomes; owned */
	bool is_ready; /* entry says it all, nothing is to be run */
	struct bd_bootmenu_entry entry; /* owned */
};

/* One level of it. Zeroed: empty. */
struct grub_level {
	struct grub_item *items; /* owned */
	size_t count;
};

struct grub_session {
	struct grub_run run;
	const struct bd_grub_hooks *hooks;
	struct grub_level level; /* that menuentry adds to */
	struct bd_bootmenu_entry loaded; /* kernel, arguments, initrds, is_uki and obstacle; owned */
	bool is_loaded; /* a kernel, or what stands in its place */
	bool booted; /* by the command of that name */
	bool follows; /* configfile reads the other menu: where it is what would be booted without being asked, or was asked for */
	bool is_default; /* the entry that is run is what would be booted without being asked */
	const char *place; /* of the entry that is run, as its `opens`; borrowed */
	size_t opened_default; /* of the menu that was asked for last; SIZE_MAX: there was none, or it has none */
	const struct bd_bootmenu_path *file; /* that is run, as of an entry that is defined in it; borrowed */
	char loopback[BD_BOOTMENU_DEVICE_SIZE]; /* a device that is a file; "": none */
	bool was_full; /* said already */
	unsigned warnings, bls_calls; /* so far */
	struct bd_error first_warning; /* code 0: there was none */
};

static inline struct grub_session *grub_session_of(struct grub_run *run)
{
	return run->menu;
}

void grub_session_init(struct grub_session *session, const struct bd_bootmenu_files *files, const char *device,
		       const struct bd_grub_hooks *hooks);
void grub_session_dispose(struct grub_session *session); /* idempotent */

/* There are as many entries as there may be: the others are left out, with a warning. */
bool grub_session_is_full(struct grub_session *session, size_t count);

/* An empty one at its end. E2BIG: there are BD_BOOTMENU_ENTRIES_MAX. */
int grub_level_add(struct grub_level *level, struct grub_item **item_out, struct bd_error *err);
void grub_level_dispose(struct grub_level *level); /* idempotent */

/* As before any kernel was loaded. */
void grub_session_unload(struct grub_session *session);

#endif
