/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets up what GRUB would have set up, runs the text, and makes the menu of what it has noted. */
#include "bootmenu/grub/cfg.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/entry.h"
#include "bootmenu/grub/commands.h"
#include "bootmenu/grub/flatten.h"
#include "bootmenu/grub/limits.h"
#include "bootmenu/grub/pattern.h"
#include "bootmenu/grub/place.h"
#include "bootmenu/grub/session.h"
#include "bootmenu/snapper.h"

#define SNAPSHOTS "/.snapshots"

static int set(struct grub_run *run, const char *name, const char *value, struct bd_error *err)
{
	if (grub_variables_set(&run->variables, name, value, err) != 0)
		return -1;
	return grub_variables_export(&run->variables, name, err);
}

/* As GRUB 2.12 sets them where it runs in a Xen guest (grub-core/normal/main.c, features). */
static int set_constants(struct grub_run *run, struct bd_error *err)
{
	static const char *const features[] = {
		"feature_200_final",
		"feature_all_video_module",
		"feature_chainloader_bpb",
		"feature_default_font_path",
		"feature_menuentry_id",
		"feature_menuentry_options",
		"feature_nativedisk_cmd",
		"feature_ntldr",
		"feature_platform_search_hint",
		"feature_timeout_style",
		"feature_search_cryptodisk_only",
	};

	static const char *const exported[] = { "btrfs_relative_path", "btrfs_subvol", "btrfs_subvolid" };

	for (size_t i = 0; i < sizeof(features) / sizeof(*features); i++)
		if (set(run, features[i], "y", err) != 0)
			return -1;
	/* As the btrfs driver of SUSE's and Fedora's GRUB does. */
	for (size_t i = 0; i < sizeof(exported) / sizeof(*exported); i++)
		if (grub_variables_export(&run->variables, exported[i], err) != 0)
			return -1;
	if (set(run, "grub_cpu", "x86_64", err) != 0)
		return -1;
	return set(run, "grub_platform", "xen", err);
}

/* Where the root is one of snapper's snapshots, /.snapshots in it is where all of them are. openSUSE's grub-install has GRUB mount that. */
static int set_root_folder(struct grub_run *run, const char *prefix_path, struct bd_error *err)
{
	const char *boot = strstr(prefix_path, "/boot/");
	run->root_folder = strndup(prefix_path, boot ? (size_t)(boot - prefix_path) : 0);
	if (!run->root_folder)
		return bd_no_memory(err);
	const char *snapshots = strstr(run->root_folder, SNAPSHOTS "/");
	if (!snapshots)
		return grub_place_mount(run, SNAPSHOTS, BD_SNAPPER_FOLDER, err);
	BD_FREE char *all = strndup(run->root_folder, (size_t)(snapshots - run->root_folder) + strlen(SNAPSHOTS));
	return all ? grub_place_mount(run, SNAPSHOTS, all, err) : bd_no_memory(err);
}

static int set_places(struct grub_run *run, const char *device, const char *prefix_path, struct bd_error *err)
{
	BD_FREE char *prefix = NULL, *file = NULL;

	if (bd_text_format(&prefix, err, "(%s)%s", device, prefix_path) != 0 ||
	    bd_text_format(&file, err, "%s/grub.cfg", prefix) != 0)
		return -1;
	if (set_root_folder(run, prefix_path, err) != 0)
		return -1;
	if (set(run, "root", device, err) != 0 || set(run, "prefix", prefix, err) != 0 ||
	    set(run, "config_directory", prefix, err) != 0)
		return -1;
	return set(run, "config_file", file, err);
}

/* Where the text itself boots, as a rescue disk's, that is the only entry. */
static int take_booted(struct grub_session *session, const struct bd_bootmenu_path *file, struct bd_error *err)
{
	struct grub_item *item;

	grub_level_dispose(&session->level);
	if (grub_level_add(&session->level, &item, err) != 0)
		return -1;
	item->is_ready = true;
	item->entry = bd_take_struct(session->loaded);
	session->is_loaded = false;
	if (bd_bootmenu_set_path(&item->entry.defined_in, file->device, file->path, err) != 0)
		return -1;
	const char *title = item->entry.kernel.path ? item->entry.kernel.path : item->entry.obstacle;
	item->title = strdup(title);
	item->entry.title = strdup(title);
	return item->title && item->entry.title ? 0 : bd_no_memory(err);
}

static int timeout_of(const struct grub_run *run)
{
	const char *value = grub_variables_get(&run->variables, "timeout");
	char *end;

	if (!value || *value < '0' || *value > '9')
		return -1;
	unsigned long seconds = strtoul(value, &end, 0);
	return seconds > INT_MAX ? INT_MAX : (int)seconds;
}

static int read_config(struct grub_session *session, const char *text, const char *path, const char *prefix_path,
		       struct bd_bootmenu *menu, struct bd_error *err)
{
	struct grub_run *run = &session->run;
	const struct bd_bootmenu_path file = { .device = "", .path = (char *)path };

	if (strlen(text) > GRUB_SOURCE_MAX)
		return bd_fail(err, E2BIG, "it is longer than %d bytes", GRUB_SOURCE_MAX);
	if (set_constants(run, err) != 0 || set_places(run, run->device, prefix_path, err) != 0)
		return -1;
	session->follows = true;
	session->file = &file;
	int r = grub_run_text(run, text, path, err);
	session->file = NULL;
	if (r != 0)
		return -1;
	run->stopped = false;
	run->breaks = 0;
	if (session->booted && take_booted(session, &file, err) != 0)
		return -1;
	menu->timeout_s = session->booted ? 0 : timeout_of(run);
	return grub_flatten(session, menu, err);
}

/* path: of the file that has the text. */
static int read_text(const char *text, const struct bd_bootmenu_files *files, const char *device, const char *path,
		     const struct bd_grub_hooks *hooks, struct bd_bootmenu *menu_out, struct bd_error *err)
{
	const char *slash = strrchr(path, '/');
	BD_FREE char *prefix = strndup(path, slash ? (size_t)(slash - path) : 0);
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };
	BD_DISPOSE(grub_session_dispose) struct grub_session session;

	grub_session_init(&session, files, device, hooks);
	if (!prefix)
		return bd_no_memory(err);
	session.run.dispatch = grub_commands_dispatch;
	session.run.match = grub_pattern_match;
	if (read_config(&session, text, path, prefix, &menu, err) != 0)
		return -1;
	if (menu.count == 0 && session.first_warning.code) {
		*err = session.first_warning;
		return -1;
	}
	*menu_out = bd_take_struct(menu);
	return 0;
}

int bd_grub_cfg_read(const char *text, const struct bd_bootmenu_files *files, const char *device,
		     const char *prefix_path, const struct bd_grub_hooks *hooks, struct bd_bootmenu *menu_out,
		     struct bd_error *err)
{
	BD_FREE char *path = NULL;

	return bd_text_format(&path, err, "%s/grub.cfg", prefix_path) == 0
		       ? read_text(text, files, device, path, hooks, menu_out, err)
		       : -1;
}

int bd_grub_cfg_read_file(const struct bd_bootmenu_files *files, const char *device, const char *path,
			  const struct bd_grub_hooks *hooks, struct bd_bootmenu *menu_out, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size;

	if (files->read(files->source, device, path, GRUB_SOURCE_MAX, &text, &size, err) != 0)
		return -1;
	if (!text)
		return bd_fail(err, ENOENT, "there is no %s", path);
	return read_text(text, files, device, path, hooks, menu_out, err);
}
