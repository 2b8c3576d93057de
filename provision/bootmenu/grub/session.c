/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes and frees it, and collects what GRUB would complain of. */
#include "bootmenu/grub/session.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "bootmenu/grub/limits.h"

static void warn(struct grub_run *run, const char *source, const char *message)
{
	struct grub_session *session = grub_session_of(run);
	struct bd_error warning = BD_ERROR_INIT;

	if (session->warnings == GRUB_WARNINGS_MAX)
		return;
	session->warnings++;
	bd_fail(&warning, EINVAL, "%s: %s", source, message);
	if (session->hooks->warn)
		session->hooks->warn(session->hooks->context, warning.message);
	if (!session->first_warning.code)
		session->first_warning = warning;
}

void grub_session_init(struct grub_session *session, const struct bd_bootmenu_files *files, const char *device,
		       const struct bd_grub_hooks *hooks)
{
	static const struct bd_grub_hooks none;

	*session = (struct grub_session){ .hooks = hooks ? hooks : &none, .first_warning = BD_ERROR_INIT };
	session->opened_default = SIZE_MAX;
	session->run.files = files;
	session->run.device = device;
	session->run.menu = session;
	session->run.warn = warn;
	session->run.steps_max = GRUB_STEPS_MAX;
}

void grub_session_unload(struct grub_session *session)
{
	bd_bootmenu_entry_dispose(&session->loaded);
	session->is_loaded = false;
}

bool grub_session_is_full(struct grub_session *session, size_t count)
{
	if (count < BD_BOOTMENU_ENTRIES_MAX)
		return false;
	if (!session->was_full)
		warn(&session->run, "the menu", "it has more entries than can be shown: the others are left out");
	session->was_full = true;
	return true;
}

int grub_level_add(struct grub_level *level, struct grub_item **item_out, struct bd_error *err)
{
	if (level->count == BD_BOOTMENU_ENTRIES_MAX)
		return bd_fail(err, E2BIG, "there are more than %d entries", BD_BOOTMENU_ENTRIES_MAX);
	if (bd_array_grow(level->items, level->count, err) != 0)
		return -1;
	*item_out = &level->items[level->count++];
	**item_out = (struct grub_item){ 0 };
	return 0;
}

void grub_level_dispose(struct grub_level *level)
{
	for (size_t i = 0; i < level->count; i++) {
		free(level->items[i].title);
		free(level->items[i].id);
		grub_words_dispose(&level->items[i].parameters);
		bd_bootmenu_path_dispose(&level->items[i].defined_in);
		bd_bootmenu_entry_dispose(&level->items[i].entry);
	}
	free(level->items);
	*level = (struct grub_level){ 0 };
}

void grub_session_dispose(struct grub_session *session)
{
	grub_run_dispose(&session->run);
	grub_level_dispose(&session->level);
	grub_session_unload(session);
}
