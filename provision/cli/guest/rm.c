/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rm`: removes guests with everything that belongs to them alone. */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file/lock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/guest/loop.h"
#include "cli/inside/change.h"
#include "cli/inside/rm.h"
#include "ops/guest/leftover.h"
#include "ops/guest/names.h"
#include "ops/guest/remove.h"
#include "ops/guest/xendomains.h"
#include "ops/host/boot.h"
#include "ops/host/domains.h"

struct rm_options {
	struct guest_options common;
	bool yes, if_exists, force, dry_run, recursive;
};

#define AT(member) offsetof(struct rm_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "yes", NULL, "do not ask for confirmation", AT(yes) },
	{ BD_OPTION_FLAG, "dry-run", NULL, "only print what would be removed", AT(dry_run) },
	{ BD_OPTION_FLAG, "if-exists", NULL, "do not fail if the guest does not exist", AT(if_exists) },
	{ BD_OPTION_FLAG, "force", NULL,
	  "destroy the domain of a running guest first; for paths: no error if there is no such file", AT(force) },
	{ BD_OPTION_FLAG, "recursive", NULL, "for paths: directories with what is in them", AT(recursive) },
	GUEST_OPTION_ROWS(struct rm_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

/* domain: the guest's; NULL: it has none. */
static void list_files(const struct bd_cfg *cfg, const struct guest_files *files,
		       const struct bd_toolstack_domain *domain)
{
	char saved[PATH_MAX];

	bd_print(stderr, "This removes %s for good%s:\n", cfg->name,
		 !domain		     ? ""
		 : domains_has_ended(domain) ? ", and destroys what is left of its domain"
					     : ", and destroys its running domain");
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].there && !files->items[i].stays)
			bd_print(stderr, "  %s\n", files->items[i].path);
	bd_print(stderr, "  %s\n", cfg->path);
	if (xendomains_saved(cfg, saved) == SAVED)
		bd_print(stderr, "Its saved state, %s, can no longer be restored then\n", saved);
}

/* what: that which stays as it is if the answer is no. */
static int ask_question(const char *question, const char *what, struct bd_error *err)
{
	if (bd_ask(question, false, err) == 0)
		return 0;
	return bd_cancel_signal() ? -1 : bd_fail_as(err, err, "%s was not changed", what);
}

static int ask(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct guest_files *shown_out,
	       struct bd_error *err)
{
	BD_FREE char *question = NULL;

	if (guest_files_find(cfg, shown_out, err) != 0)
		return -1;
	bd_progress_hide();
	list_files(cfg, shown_out, domain);
	if (bd_text_format(&question, err, "Remove %s?", cfg->name) != 0)
		return -1;
	return ask_question(question, cfg->name, err);
}

static void put_json(struct bd_json *json, const struct guest_removed *removed, bool dry_run)
{
	bd_json_string(json, "state", dry_run ? "planned" : "removed");
	bd_json_bool(json, "destroyed", removed->was_running);
	bd_json_open_array(json, "removed");
	for (size_t i = 0; i < removed->paths.count; i++)
		bd_json_string(json, NULL, removed->paths.items[i]);
	bd_json_close_array(json);
	bd_json_open_array(json, "kept");
	for (size_t i = 0; i < removed->files.count; i++)
		if (removed->files.items[i].stays && removed->files.items[i].there) {
			bd_json_open_object(json, NULL);
			bd_json_string(json, "path", removed->files.items[i].path);
			bd_json_string(json, "reason", removed->files.items[i].stays);
			bd_json_close_object(json);
		}
	if (removed->saved_path[0]) {
		bd_json_open_object(json, NULL);
		bd_json_string(json, "path", removed->saved_path);
		bd_json_string(json, "reason", "it is a saved state");
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}

/* kind: what is printed in addition to its name. */
static void print(const char *name, const char *kind, const struct guest_removed *removed, bool dry_run)
{
	bd_print(stdout, "%s%s %sremoved%s:", name, kind, dry_run ? "would be " : "",
		 removed->was_running ? ", and its domain destroyed" : "");
	for (size_t i = 0; i < removed->paths.count; i++)
		bd_print(stdout, "%s %s", i ? "," : "", removed->paths.items[i]);
	putchar('\n');
	for (size_t i = 0; i < removed->files.count; i++)
		if (removed->files.items[i].stays && removed->files.items[i].there)
			bd_print(stdout, "%s kept: %s\n", removed->files.items[i].path,
				 removed->files.items[i].stays);
}

static int remove_one(void *context, struct boot *boot, const struct bd_cfg *cfg, struct bd_json *json,
		      struct bd_error *err)
{
	const struct rm_options *options = context;
	BD_DISPOSE(guest_removed_dispose) struct guest_removed removed = { 0 };
	BD_DISPOSE(guest_files_dispose) struct guest_files shown = { 0 };
	struct bd_toolstack_domain domain;
	bool found;

	if (guest_domain_try(boot, cfg, &domain, &found, err) != 0)
		return -1;
	if (found && !options->force)
		return guest_fail_running(cfg, &domain, err);
	if (!options->yes && !options->dry_run && ask(cfg, found ? &domain : NULL, &shown, err) != 0)
		return -1;
	if (options->dry_run) {
		if (guest_remove_plan(boot, cfg,
				      options->force ? GUEST_REMOVE_DESTROYS_ANY : GUEST_REMOVE_DESTROYS_NONE,
				      &removed, err) != 0)
			return bd_wrap(err, "cannot remove %s", cfg->name);
	} else if (guest_remove(boot, cfg, options->yes ? NULL : &shown,
				guest_remove_may_destroy(options->force, options->yes, found ? &domain : NULL),
				&removed, err) != 0)
		return bd_wrap(err, "cannot remove %s", cfg->name);
	bd_progress_end(0);
	if (json)
		put_json(json, &removed, options->dry_run);
	else if (bd_log_level() >= BD_LOG_INFO)
		print(cfg->name, "", &removed, options->dry_run);
	return 0;
}

static int ask_unfinished(const char *name, const struct guest_paths *left, struct bd_error *err)
{
	bd_progress_hide();
	bd_print(stderr, "%s is incomplete: the run that was creating it was interrupted. This will be removed:\n",
		 name);
	for (size_t i = 0; i < left->count; i++)
		bd_print(stderr, "  %s\n", left->items[i]);
	return ask_question("Remove it?", name, err);
}

/* They may be somebody's only copy, so that nothing but their owner removes them. What cannot be told is no reason to fail. */
static void warn_of_unnamed(const char *name, const struct leftover *leftover)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths paths = { 0 };
	struct bd_error ignored;

	if (leftover_find_unnamed(leftover, &paths, &ignored) != 0)
		return;
	for (size_t i = 0; i < paths.count; i++)
		bd_warn("%s has the name of a file of %s, but no config names it; it is not removed, and while it is there, no %s can be made",
			paths.items[i], name, name);
}

/* What a `new` or a `clone` has left that was killed before the cfg was there. */
static int remove_unfinished(void *context, const char *argument, struct bd_json *json, bool *done_out,
			     struct bd_error *err)
{
	const struct rm_options *options = context;
	BD_DISPOSE(guest_removed_dispose) struct guest_removed removed = { 0 };
	BD_DISPOSE(guest_paths_dispose) struct guest_paths left = { 0 };
	BD_CLOSE int lock_fd = -1;
	struct leftover_paths paths;
	struct leftover leftover;
	bool there;

	*done_out = false;
	if (!leftover_of_name(argument, options->common.dir, &paths, &leftover))
		return 0;
	if (leftover_plan(&leftover, &left, &there, err) != 0)
		return bd_wrap(err, "cannot remove what is left of %s", argument);
	if (!there) {
		warn_of_unnamed(argument, &leftover);
		return 0;
	}
	if (options->dry_run) {
		removed.paths = bd_take_struct(left);
		*done_out = true;
	} else {
		if ((!options->yes && ask_unfinished(argument, &left, err) != 0) ||
		    bd_lock(paths.cfg, &lock_fd, err) != 0)
			return -1;
		if (leftover_remove(&leftover, &removed.paths, done_out, err) != 0)
			return bd_wrap(err, "cannot remove what is left of %s", argument);
		if (!*done_out)
			return 0;
	}
	if (json) {
		bd_json_string(json, "name", argument);
		put_json(json, &removed, options->dry_run);
	} else if (bd_log_level() >= BD_LOG_INFO) {
		print(argument, ", which was incomplete,", &removed, options->dry_run);
	}
	return 0;
}

static int remove_inside(const struct rm_options *options, char **arguments, struct bd_error *err)
{
	if (options->if_exists || options->dry_run || options->common.json)
		return bd_usage(err,
				"--if-exists, --dry-run and --json are for guests, not for paths inside an image");
	return inside_rm(&(struct inside_rm){ options->common.dir, options->recursive, options->force }, arguments,
			 err);
}

static int run_rm(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct rm_options *options = options_pointer;
	bool is_path;

	if (inside_rm_is_meant(arguments, &is_path, err) != 0)
		return -1;
	if (is_path)
		return remove_inside(options, arguments, err);
	if (options->recursive)
		return bd_usage(err, "--recursive is for paths inside an image; a guest is removed whole");
	if (bd_ask_check(options->yes || options->dry_run, err) != 0)
		return bd_wrap(err, "a removed guest cannot be restored");
	return guest_loop_run(&(struct guest_loop){ .options = &options->common,
						    .verb = "remove",
						    .each = remove_one,
						    .absent = remove_unfinished,
						    .absent_is_done = options->if_exists,
						    .context = options_pointer },
			      arguments, err);
}

const struct bd_command bd_command_rm = {
	.name = "rm",
	.arguments = "NAME|CFG|GUEST:/PATH|IMAGE:/PATH...",
	.summary = "remove guests with their disks, or files inside a disk",
	.description =
		"Removes what belongs to the guest alone: the disk image NAME.img or the logical volume NAME that new --lvm or clone has made, the further "
		"disks NAME_disk2.img and so on, the seed disk NAME-seed.iso, and the extracted kernel "
		"NAME.vmlinuz and NAME.initramfs, if its config names them; the links in " BD_SYSCONFDIR
		"/xen/auto to its config; and finally the config. Disks with other names, other block devices, and files "
		"that another guest's config in the same directory names too are kept and listed. Logs are kept as "
		"well, and so is a saved state of that name (xl save, xendomains), with a warning.\n\n"
		"A running guest is refused unless --force is given. So is one whose image another program has open "
		"for writing, or whose files may be named by another config in the directory that cannot be read. It "
		"asks for confirmation unless --yes is given; without a terminal, --yes is required. If it is "
		"interrupted, even by a power failure, the same command completes it. If new or clone was killed "
		"before it wrote the config, the files that it left under that name are removed.\n\n"
		"With --if-exists, a guest counts as absent only if everything that might be its config could be "
		"read: a directory that is missing or cannot be read, a dangling link, or another config that cannot "
		"be read is an error. Files that have the names of its disks but are in no config are left alone, with a "
		"warning.\n\n" GUEST_SEVERAL_TEXT
		"--json prints an object with name, cfg, uuid, state (\"removed\"; \"planned\" with --dry-run; "
		"\"absent\" with --if-exists), destroyed, removed (paths, in the order of removal) and kept (objects "
		"with path and reason). " GUEST_SEVERAL_JSON_TEXT
		"\n\nWith a path, files inside a guest's disk or an image are removed instead, without asking. * ? and [ are "
		"patterns (glob(7)) of this program; quote them." INSIDE_CHANGE_TEXT,
	.examples = "xen-bigdisk rm web01\task, then remove it\n"
		    "xen-bigdisk rm web01 --dry-run\twhat would be removed and what kept\n"
		    "xen-bigdisk rm web01 --yes --if-exists\tfor scripts: remove it if it exists\n"
		    "xen-bigdisk rm web01 web02 --yes --force\tboth, even if they are running\n"
		    "xen-bigdisk rm -r 'web01:/var/log/*.gz' web01:/srv/old\tfiles and directories on its disk\n",
	.statuses = "456",
	.options = option_table,
	.options_size = sizeof(struct rm_options),
	.run = run_rm,
};
