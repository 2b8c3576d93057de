/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rename`: renames a guest. */
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/command.h"
#include "cli/guest/advice.h"
#include "cli/guest/loop.h"
#include "ops/guest/names.h"
#include "ops/guest/rename.h"
#include "ops/guest/rename_text.h"

struct rename_options {
	struct guest_options common;
	bool dry_run;
};

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "dry-run", NULL, "only print what would be renamed",
	  offsetof(struct rename_options, dry_run) },
	GUEST_OPTION_ROWS(struct rename_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int print(const struct bd_cfg *old, const struct guest_renamed *renamed, bool dry_run, struct bd_error *err)
{
	bd_print(stdout, "%s %srenamed to %s: %s\n", old->name, dry_run ? "would be " : "", renamed->cfg.name,
		 renamed->cfg.path);
	for (size_t i = 0; i < renamed->files.count; i++) {
		const struct guest_file *file = &renamed->files.items[i];
		BD_FREE char *new_path = NULL;
		if (file->there && file->stays) {
			bd_print(stdout, "%s keeps its name: %s\n", file->path, file->stays);
		} else if (file->there && dry_run) {
			if (guest_renamed_path(file->path, renamed->cfg.name, file->suffix, &new_path, err) != 0)
				return -1;
			bd_print(stdout, "%s would be renamed to %s\n", file->path, new_path);
		}
	}
	bd_print(stdout, "The host name inside the guest %s; change it there\n",
		 dry_run ? "would not be changed" : "is unchanged");
	return 0;
}

static int print_json(const struct bd_cfg *old, const struct guest_renamed *renamed, bool dry_run,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "name", renamed->cfg.name);
	bd_json_string(json, "old_name", old->name);
	bd_json_string(json, "cfg", renamed->cfg.path);
	bd_json_uuid(json, "uuid", renamed->cfg.has_uuid ? renamed->cfg.uuid : NULL);
	bd_json_string(json, "state", dry_run ? "planned" : "renamed");
	bd_json_open_array(json, "disks");
	for (size_t i = 0; i < renamed->cfg.disk_count; i++)
		bd_json_string(json, NULL, renamed->cfg.disks[i]);
	bd_json_close_array(json);
	return bd_json_finish(json, err);
}

static int run_rename(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct rename_options *options = options_pointer;
	BD_DISPOSE(guest_renamed_dispose) struct guest_renamed renamed = { 0 };
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };

	if (guest_open(arguments[0], options->common.dir, &cfg, err) != 0)
		return -1;
	if ((options->dry_run ? guest_rename_plan : guest_rename)(&boot, &cfg, arguments[1], &renamed, err) != 0)
		return guest_advise(cfg.path, err);
	if (options->common.json)
		return print_json(&cfg, &renamed, options->dry_run, err);
	return bd_log_level() >= BD_LOG_INFO ? print(&cfg, &renamed, options->dry_run, err) : 0;
}

const struct bd_command bd_command_rename = {
	.name = "rename",
	.arguments = "NAME|CFG NEW",
	.summary = "rename a guest",
	.description =
		"Renames the guest's config, its image NAME.img or logical volume NAME, its further disks NAME_disk2.img and so on, its "
		"seed disk NAME-seed.iso, and its extracted kernel and initramfs, if they "
		"belong to it alone (see xen-bigdisk rm --help), and its link in " BD_SYSCONFDIR
		"/xen/auto; in the config, changes the name and those paths and nothing else. The UUID and the MAC "
		"address stay. A guest that is running or saved is refused, and so is a name that a guest, a file or "
		"a domain already has.\n\n"
		"The host name inside the guest's disk is not changed: change it there once the guest is running. That on its seed "
		"disk NAME-seed.iso is, and cloud-init takes it at the next boot.\n\n"
		"If it is interrupted, even by a power failure, the same command completes it. --json prints an "
		"object with name, old_name, cfg, uuid, state (\"renamed\"; \"planned\" with --dry-run) and disks.",
	.examples = "xen-bigdisk rename web01 shop01\tweb01.cfg and web01.img become shop01.cfg and shop01.img\n"
		    "xen-bigdisk rename web01 shop01 --dry-run\twhat would be renamed, and whether it is possible\n",
	.statuses = "345",
	.options = option_table,
	.options_size = sizeof(struct rename_options),
	.run = run_rename,
};
