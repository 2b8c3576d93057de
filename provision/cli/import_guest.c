/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `import-guest`: a guest that was made by other means becomes one of those that are called by name. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/command.h"
#include "cli/guest/advice.h"
#include "ops/adopt/adopt.h"

struct import_options {
	const char *name, *dir;
	bool move, copy, dry_run, json;
};

#define AT(member) offsetof(struct import_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "name", "NAME", "what the guest is called from now on [the name that its config gives]",
	  AT(name) },
	{ BD_OPTION_TEXT, "dir", "DIR",
	  "directory of NAME.cfg, and of its disks [" BD_SYSCONFDIR "/xen and " BD_LOCALSTATEDIR "/lib/xen/images]",
	  AT(dir) },
	{ BD_OPTION_FLAG, "move", NULL, "move its disks too, to NAME.img, NAME_disk2.img and so on", AT(move) },
	{ BD_OPTION_FLAG, "copy", NULL, "leave config and disks as they are, and make a guest of copies", AT(copy) },
	{ BD_OPTION_FLAG, "dry-run", NULL, "only print what would be done", AT(dry_run) },
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static void print_disk(const struct adopt_disk *disk, enum adopt_way way, bool dry_run)
{
	const bool copied = way == ADOPT_DISKS_COPY;

	if (disk->to)
		bd_print(stdout, "Its disk %s %s: %s\n",
			 dry_run ? (copied ? "would be a copy of" : "would be moved from")
				 : (copied ? "is a copy of" : "was moved from"),
			 disk->from, disk->to);
	else if (disk->stays)
		bd_print(stdout, "Its disk stays where it is, as %s: %s\n", disk->stays, disk->from);
	else
		bd_print(stdout, "Its disk stays where it is: %s\n", disk->from);
}

static void print(const struct adoption *adoption, bool dry_run)
{
	const struct adopt_disks *disks = &adoption->disks;
	const struct bd_cfg *cfg = &adoption->cfg;
	const bool copied = disks->way == ADOPT_DISKS_COPY;

	if (!adoption->changed) {
		bd_print(stdout, "%s is in its place: %s\n", cfg->name, cfg->path);
		return;
	}
	bd_print(stdout, "%s %s%s: %s\n", cfg->name, dry_run ? "would be imported" : "is imported",
		 copied ? " as a copy" : "", cfg->path);
	if (adoption->uuid_made)
		bd_print(stdout, "Its config %s a UUID\n", dry_run ? "would get" : "has got");
	if (adoption->macs_made)
		bd_print(stdout, "Its config %s %zu MAC address%s\n", dry_run ? "would get" : "has got",
			 adoption->macs_made, adoption->macs_made == 1 ? "" : "es");
	for (size_t i = 0; i < disks->count; i++)
		print_disk(&disks->items[i], disks->way, dry_run);
	if (copied)
		bd_print(
			stdout,
			"Inside, its name, keys and addresses are those of %s; xen-bigdisk clone makes a guest with its own\n",
			adoption->old.name[0] ? adoption->old.name : adoption->old.path);
}

static void print_json_places(struct bd_json *json, const struct adopt_disks *disks)
{
	bd_json_open_array(json, disks->way == ADOPT_DISKS_MOVE ? "moved" : "copied");
	for (size_t i = 0; i < disks->count; i++) {
		if (!disks->items[i].to)
			continue;
		bd_json_open_object(json, NULL);
		bd_json_string(json, "from", disks->items[i].from);
		bd_json_string(json, "to", disks->items[i].to);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}

static int print_json(const struct adoption *adoption, bool dry_run, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	const struct bd_cfg *cfg = &adoption->cfg;

	bd_json_string(json, "name", cfg->name);
	bd_json_string(json, "old_name", adoption->old.name);
	bd_json_string(json, "cfg", cfg->path);
	bd_json_string(json, "old_cfg", adoption->old.path);
	bd_json_uuid(json, "uuid", cfg->has_uuid ? cfg->uuid : NULL);
	bd_json_string(json, "state", dry_run ? "planned" : "imported");
	bd_json_bool(json, "changed", adoption->changed);
	bd_json_open_array(json, "disks");
	for (size_t i = 0; i < cfg->disk_count; i++)
		bd_json_string(json, NULL, cfg->disks[i]);
	bd_json_close_array(json);
	if (adoption->disks.way != ADOPT_DISKS_STAY)
		print_json_places(json, &adoption->disks);
	return bd_json_finish(json, err);
}

static int run_import(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct import_options *options = options_pointer;
	BD_DISPOSE(adoption_dispose) struct adoption adoption = { 0 };
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	const struct adopt_request request = {
		.cfg_path = arguments[0],
		.folder = options->dir ? options->dir : BD_SYSCONFDIR "/xen",
		.images = options->dir ? options->dir : BD_LOCALSTATEDIR "/lib/xen/images",
		.new_name = options->name,
		.way = options->copy   ? ADOPT_DISKS_COPY
		       : options->move ? ADOPT_DISKS_MOVE
				       : ADOPT_DISKS_STAY,
		.dry_run = options->dry_run,
	};

	if (options->move && options->copy)
		return bd_usage(err, "--move and --copy exclude each other");
	if (adopt(&boot, &request, &adoption, err) != 0) {
		if (!adoption.needs_name)
			return guest_advise(arguments[0], err);
		return bd_fail_as(err, err, "%s; give it another name with --name", err->message);
	}
	if (options->json)
		return print_json(&adoption, options->dry_run, err);
	if (bd_log_level() >= BD_LOG_INFO)
		print(&adoption, options->dry_run);
	return 0;
}

const struct bd_command bd_command_import_guest = {
	.name = "import-guest",
	.arguments = "CFG",
	.summary = "bring a guest that was made by other means under its name",
	.description =
		"Moves the xl config of a guest that was made by hand, by xen-tools or by another program to NAME.cfg in " BD_SYSCONFDIR
		"/xen, so that every command takes the guest by its name. In the config, the name is changed if --name "
		"says so, a UUID and MAC addresses are written where there are none (xl makes new ones at each start), and "
		"a kernel with a relative path, beside the config, gets its absolute path. All else in it stays, comments "
		"and keys that xl ignores as well. Disks stay where they are. Links in " BD_SYSCONFDIR
		"/xen/auto then lead to the new config.\n\n"
		"With --move, disks in files go to " BD_LOCALSTATEDIR
		"/lib/xen/images (with --dir, to that directory) under the names that new would give them, NAME.img, "
		"NAME_disk2.img and so on. Within a filesystem nothing is copied. Block devices, symbolic links, images "
		"that are not raw, and disks that the guest only reads stay where they are. With --copy, for trials, "
		"config and disks stay as they are, and the new guest has copies of the disks, which share blocks where "
		"the filesystem can do that, and a UUID and MAC addresses of its own. Its name, keys and addresses inside "
		"are still those of the other guest; clone makes a guest with its own.\n\n"
		"All of it is done or nothing. A guest that is running or saved is refused, and so are a config that "
		"start would refuse, one whose disks or kernel are missing, and a name, a UUID or a disk that another "
		"guest of the directory has. After a --move that was cut short, the same command completes it. --json prints an object with name, old_name, cfg, old_cfg, uuid, state "
		"(\"imported\"; \"planned\" with --dry-run), changed (false: there was nothing to do), disks, and moved or copied, arrays of objects with from and to.",
	.examples =
		"xen-bigdisk import-guest /root/old.cfg --dry-run\twhat would be done, and whether it is possible\n"
		"xen-bigdisk import-guest /root/old.cfg --name web01\tit becomes /etc/xen/web01.cfg\n"
		"xen-bigdisk import-guest /root/old.cfg --name web01 --move\tits disk becomes /var/lib/xen/images/web01.img\n"
		"xen-bigdisk import-guest /root/old.cfg --name trial --copy\ta second guest, to try it\n",
	.statuses = "345",
	.options = option_table,
	.options_size = sizeof(struct import_options),
	.run = run_import,
};
