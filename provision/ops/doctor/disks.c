/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of `doctor` on the files that guests' configs name: missing ones, and those that no config names. */
#include "ops/doctor/disks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "ops/doctor/interrupted_change.h"
#include "ops/doctor/interrupted_rename.h"
#include "ops/doctor/leftovers.h"
#include "ops/doctor/missing.h"
#include "ops/doctor/users.h"
#include "ops/guest/files.h"
#include "ops/guest/leftover.h"
#include "xlcfg/folder.h"

static size_t report_missing(struct doctor *doctor, const struct bd_cfg *cfg, const char *what, const char *path,
			     size_t *hidden)
{
	if (path && access(path, F_OK) != 0 && errno == EACCES && geteuid() != 0)
		(*hidden)++;
	if (!doctor_is_missing(path))
		return 0;
	doctor_found(doctor, "disks", DOCTOR_PROBLEM, "%s of %s is missing: %s", what, cfg->name, path);
	if (!doctor_advise_deleted(doctor, cfg, path))
		doctor_advise(doctor, "restore it, from a backup for example, or correct %s", cfg->path);
	return 1;
}

/* pygrub's path of old has the release of Xen in it, and ours the prefix that it was installed to. An HVM guest has no use for a bootloader. */
static size_t report_missing_bootloader(struct doctor *doctor, const struct bd_cfg *cfg)
{
	if (strcmp(cfg->type, "hvm") == 0 || !doctor_is_missing(cfg->bootloader))
		return 0;
	doctor_found(doctor, "disks", DOCTOR_PROBLEM, "the bootloader of %s is missing: %s", cfg->name,
		     cfg->bootloader);
	doctor_advise(doctor, "write bootloader = \"%s\" in %s, which libxl finds itself",
		      bd_path_last(cfg->bootloader), cfg->path);
	return 1;
}

void doctor_check_disks(struct doctor *doctor)
{
	BD_FREE bool *renamed = calloc(doctor->cfgs.count + 1, sizeof(*renamed));
	size_t disks = 0, hidden = 0;

	if (!renamed) {
		doctor->out_of_memory = true;
		return;
	}
	size_t missing = doctor_report_interrupted_renames(doctor, "disks", renamed) +
			 doctor_report_loops(doctor, "disks") + doctor_report_interrupted_changes(doctor, "disks");
	for (size_t i = 0; i < doctor->cfgs.count; i++) {
		const struct bd_cfg *cfg = &doctor->cfgs.items[i];
		disks += cfg->disk_count;
		if (renamed[i])
			continue;
		for (size_t disk = 0; disk < cfg->disk_count; disk++)
			missing += report_missing(doctor, cfg, "the disk", cfg->disks[disk], &hidden);
		missing += report_missing(doctor, cfg, "the kernel", cfg->kernel, &hidden);
		missing += report_missing(doctor, cfg, "the initramfs", cfg->ramdisk, &hidden);
		missing += report_missing_bootloader(doctor, cfg);
	}
	if (doctor->cfgs_unknown)
		doctor_found(doctor, "disks", DOCTOR_UNCHECKED, "the guests' configs are not known");
	else if (hidden)
		doctor_found(doctor, "disks", DOCTOR_UNCHECKED,
			     "%zu file%s in directories that this user may not look into (run doctor as root)",
			     hidden, hidden == 1 ? " is" : "s are");
	else if (!missing)
		doctor_found(doctor, "disks", DOCTOR_OK, "%zu, none missing", disks);
}

static size_t add_id(const char *path, struct bd_file_id *id_out)
{
	struct stat there;

	if (!path || stat(path, &there) != 0)
		return 0;
	*id_out = (struct bd_file_id){ there.st_dev, there.st_ino };
	return 1;
}

/* The files that cfgs name, in order; NULL: out of memory. */
static struct bd_file_id *collect_named(const struct bd_cfgs *cfgs, size_t *count_out)
{
	size_t limit = 1, count = 0;

	for (size_t i = 0; i < cfgs->count; i++)
		limit += cfgs->items[i].disk_count + 2;
	struct bd_file_id *named = calloc(limit, sizeof(*named));
	for (size_t i = 0; named && i < cfgs->count; i++) {
		const struct bd_cfg *cfg = &cfgs->items[i];
		for (size_t disk = 0; disk < cfg->disk_count; disk++)
			count += add_id(cfg->disks[disk], &named[count]);
		count += add_id(cfg->kernel, &named[count]);
		count += add_id(cfg->ramdisk, &named[count]);
	}
	if (named)
		qsort(named, count, sizeof(*named), bd_file_id_compare);
	*count_out = count;
	return named;
}

/* The length of the guest's name in it, or of the whole name where it is none of a guest's files. */
static size_t stem_length(const char *name)
{
	static const char *const suffixes[] = { ".img", ".vmlinuz", ".initramfs", GUEST_SEED_SUFFIX };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (bd_text_ends_in(name, suffixes[i]))
			return strlen(name) - strlen(suffixes[i]);
	return strlen(name);
}

static bool is_guest_file(const char *name)
{
	return name[0] != '.' && stem_length(name) < strlen(name);
}

/* Where a cfg that was lost can be written to: never onto one that is there, which may be of another guest, or of this
 * one and name another disk. Empty: there is no such path. */
static void choose_cfg_path(const struct doctor *doctor, const char *name, int length, char path_out[PATH_MAX])
{
	struct stat there;

	for (unsigned i = 0; i < 100; i++) {
		char suffix[32] = "";
		if (i)
			snprintf(suffix, sizeof(suffix), i == 1 ? "-recovered" : "-recovered%u", i - 1);
		if (snprintf(path_out, PATH_MAX, "%s/%.*s%s.cfg", doctor->cfg_dir, length, name, suffix) < PATH_MAX &&
		    lstat(path_out, &there) != 0 && errno == ENOENT)
			return;
	}
	path_out[0] = '\0';
}

/* Its guest still runs, on a disk that looks like nobody's. */
static void report_running(struct doctor *doctor, const char *path, const struct bd_cfg *user, uint32_t domid)
{
	const char *name = user->name ? user->name : "";
	char cfg_path[PATH_MAX];

	doctor_found(doctor, "unused", DOCTOR_PROBLEM,
		     "domain %" PRIu32
		     " (%s) uses %s, but no config in %s does: once the domain ends, nothing starts it again",
		     domid, name, path, doctor->cfg_dir);
	choose_cfg_path(doctor, name, (int)strlen(name), cfg_path);
	BD_FREE char *word = cfg_path[0] ? bd_shell_word(cfg_path) : NULL;
	doctor_advise(doctor,
		      "keep the image; recreate the config while the guest runs, and review it: xen-bigdisk config "
		      "--from-domain %" PRIu32 " >%s",
		      domid, word ? word : "CFG");
}

/* It may be all that is left of a guest: nothing is to be removed by an advice of ours. */
static void advise_unused(struct doctor *doctor, const char *name, const char *path)
{
	char aside[PATH_MAX], cfg_path[PATH_MAX];
	size_t length = strlen(name);

	choose_cfg_path(doctor, name, length > 4 ? (int)length - 4 : 0, cfg_path);
	bool fits = snprintf(aside, sizeof(aside), "%s.aside", path) < (int)sizeof(aside) && cfg_path[0];
	BD_FREE char *word = bd_shell_word(path), *aside_word = fits ? bd_shell_word(aside) : NULL;
	BD_FREE char *cfg_word = fits ? bd_shell_word(cfg_path) : NULL;
	if (!word || !aside_word || !cfg_word)
		doctor_advise(
			doctor,
			"it may be a guest's only disk: write a cfg for it, or move it aside; its name contains "
			"control characters, so no command is shown; ls -b prints it escaped");
	else if (!bd_text_ends_in(name, ".img"))
		doctor_advise(doctor, "if nothing else uses it, move it aside: mv %s %s", word, aside_word);
	else
		doctor_advise(
			doctor,
			"it may be a guest's only disk: to recover that guest, write a config for it and review "
			"it: xen-bigdisk config --from-image %s >%s; or, if nothing else uses it, move it aside: "
			"mv %s %s",
			word, cfg_word, word, aside_word);
}

/* Of which guest a file of that name would be. No guest's name has an underscore in it (guest/disks.h). */
static void name_guest(const char *name, char guest_out[NAME_MAX + 1])
{
	size_t length = stem_length(name), first_part = strcspn(name, "_");

	snprintf(guest_out, NAME_MAX + 1, "%.*s", (int)(first_part < length ? first_part : length), name);
}

static bool is_left(const struct leftover *leftover, const char *name)
{
	BD_DISPOSE(guest_paths_dispose) struct guest_paths paths = { 0 };
	struct bd_error ignored;
	bool there, found = false;

	if (leftover_plan(leftover, &paths, &there, &ignored) != 0)
		return false;
	for (size_t i = 0; i < paths.count; i++)
		found |= strcmp(bd_path_last(paths.items[i]), name) == 0;
	return found;
}

/* What a new or a clone has left that was killed before the cfg was there. True: it is, and was said to be. */
static bool report_unfinished(struct doctor *doctor, const char *name, const char *path)
{
	char guest[NAME_MAX + 1], advice[PATH_MAX + 128];
	struct leftover_paths paths;
	struct leftover leftover;

	name_guest(name, guest);
	if (!leftover_of_name(guest, doctor->in_system_folders ? NULL : doctor->cfg_dir, &paths, &leftover) ||
	    !is_left(&leftover, name))
		return false;
	doctor_found(doctor, "unused", DOCTOR_WARNING,
		     "%s was left by an interrupted new or clone; no guest ever ran from it", path);
	snprintf(advice, sizeof(advice), "the same command again takes its place; or remove it: xen-bigdisk rm%s%s",
		 doctor->in_system_folders ? "" : " --dir ", doctor->in_system_folders ? "" : doctor->cfg_dir);
	doctor_advise(doctor, "%s %s", advice, guest);
	return true;
}

static void report_unused(struct doctor *doctor, int folder_fd, const char *name, const struct stat *there)
{
	char taken[32], path[PATH_MAX];
	struct bd_error in_use;
	uint32_t domid;

	snprintf(path, sizeof(path), "%s/%s", doctor->image_dir, name);
	const struct bd_cfg *user = doctor_user_of(doctor, there, &domid);
	if (user) {
		report_running(doctor, path, user, domid);
		return;
	}
	if (report_unfinished(doctor, name, path))
		return;
	bd_format_size((uint64_t)there->st_blocks * S_BLKSIZE, taken, sizeof(taken));
	doctor_found(doctor, "unused", DOCTOR_WARNING, "no config in %s uses %s (%s)", doctor->cfg_dir, path, taken);
	if (doctor_check_in_use(folder_fd, name, &in_use) != 0)
		doctor_advise(doctor, "keep it: %s", in_use.message);
	else
		advise_unused(doctor, name, path);
}

void doctor_check_unused(struct doctor *doctor)
{
	BD_CLOSEDIR DIR *folder = opendir(doctor->image_dir);
	int folder_error = errno;
	size_t named_count, unused = 0;
	BD_FREE struct bd_file_id *named = collect_named(&doctor->cfgs, &named_count);

	if (!named) {
		doctor->out_of_memory = true;
		return;
	}
	if (doctor->cfgs_unknown || doctor->cfgs.unreadable_count) {
		doctor_found(doctor, "unused", DOCTOR_UNCHECKED,
			     "a config that cannot be read, or has no name, may use any file");
		return;
	}
	if (!folder && folder_error == EACCES) {
		doctor_found(doctor, "unused", DOCTOR_UNCHECKED, "this user may not read %s (run doctor as root)",
			     doctor->image_dir);
		return;
	}
	if (!doctor_knows_users(doctor)) {
		doctor_found(doctor, "unused", DOCTOR_UNCHECKED,
			     "the running domains are not known, and each may use any file");
		return;
	}
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		struct stat there;
		if (!is_guest_file(entry->d_name) || fstatat(dirfd(folder), entry->d_name, &there, 0) != 0 ||
		    !S_ISREG(there.st_mode))
			continue;
		struct bd_file_id id = { there.st_dev, there.st_ino };
		if (bsearch(&id, named, named_count, sizeof(id), bd_file_id_compare))
			continue;
		report_unused(doctor, dirfd(folder), entry->d_name, &there);
		unused++;
	}
	if (!unused)
		doctor_found(doctor, "unused", DOCTOR_OK, "every disk and kernel in %s belongs to a guest",
			     doctor->image_dir);
}
