/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of `doctor` for interrupted renames: one guest with two configs, and its files under either name. */
#include "ops/doctor/interrupted_rename.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/shell_word.h"
#include "guest/description.h"
#include "ops/doctor/missing.h"
#include "xlcfg/folder.h"

/* In the order in which they are renamed; NULL: the cfg names none. */
static const char *file_of(const struct bd_cfg *cfg, size_t number)
{
	if (number < cfg->disk_count)
		return cfg->disks[number];
	return number == cfg->disk_count ? cfg->kernel : cfg->ramdisk;
}

/* The first file that is there under the name of this one of the two; SIZE_MAX: none is. */
static size_t first_own_file(const struct bd_cfg *cfg, const struct bd_cfg *other)
{
	for (size_t i = 0; i < cfg->disk_count + 2; i++) {
		const char *file = file_of(cfg, i), *others = file_of(other, i);
		if (file && others && strcmp(file, others) != 0 && access(file, F_OK) == 0)
			return i;
	}
	return SIZE_MAX;
}

/* A rename gives the new cfg the time of the old one (ops/guest/rename.c). */
static bool have_same_time(const struct bd_cfg *one, const struct bd_cfg *other)
{
	struct stat a, b;

	return stat(one->path, &a) == 0 && stat(other->path, &b) == 0 &&
	       bd_compare_times(&a.st_mtim, &b.st_mtim) == 0;
}

/* As `rename` calls it. */
static bool is_named_by_rename(const struct bd_cfg *cfg)
{
	struct bd_error no_name;
	struct bd_guest guest;

	return bd_guest_set_name(&guest, cfg->name, &no_name) == 0 && bd_cfg_is_named_after_guest(cfg);
}

/* Of cfgs without a uuid, as other programs write them: one may be the other one's after a rename. */
static bool are_alike(const struct bd_cfg *one, const struct bd_cfg *other)
{
	if (one->disk_count != other->disk_count || one->vif_count != other->vif_count)
		return false;
	for (size_t i = 0; i < one->vif_count; i++)
		if (one->vifs[i].has_mac != other->vifs[i].has_mac ||
		    memcmp(one->vifs[i].mac, other->vifs[i].mac, sizeof(one->vifs[i].mac)) != 0)
			return false;
	return have_same_time(one, other);
}

bool doctor_is_interrupted_rename(const struct bd_cfg *one, const struct bd_cfg *other)
{
	if (one == other || one->has_uuid != other->has_uuid)
		return false;
	if (one->has_uuid ? memcmp(one->uuid, other->uuid, sizeof(one->uuid)) != 0 : !are_alike(one, other))
		return false;
	return doctor_count_missing(one) || doctor_count_missing(other);
}

bool doctor_is_in_interrupted_rename(const struct doctor *doctor, const struct bd_cfg *cfg)
{
	for (size_t i = 0; i < doctor->cfgs.count; i++)
		if (doctor_is_interrupted_rename(cfg, &doctor->cfgs.items[i]))
			return true;
	return false;
}

/* `rename` goes in both directions, and loses nothing in either; it refuses cfgs that are not of one rename. */
static void advise(struct doctor *doctor, const struct bd_cfg *one, const struct bd_cfg *other)
{
	BD_FREE char *one_path = bd_shell_word(one->path);
	BD_FREE char *other_path = bd_shell_word(other->path);
	bool renamed = one->disk_count == other->disk_count && strcmp(one->name, other->name) != 0 &&
		       is_named_by_rename(one) && is_named_by_rename(other);

	if (!renamed || !one_path || !other_path) {
		doctor_advise(
			doctor,
			"decide which of the two to keep, and rename the files to match its config; remove neither "
			"before that");
		return;
	}
	size_t one_first = first_own_file(one, other), other_first = first_own_file(other, one);
	if (one_first == SIZE_MAX || other_first == SIZE_MAX) {
		doctor_advise(
			doctor, "%s to have it as %s: xen-bigdisk rename %s %s; as %s: xen-bigdisk rename %s %s",
			have_same_time(one, other) ? "a rename was interrupted;"
						   : "decide which of the two to keep; if a rename was interrupted,",
			other->name, one_path, other->name, one->name, other_path, one->name);
		return;
	}
	/* The first files have been moved already. */
	bool one_is_new = one_first < other_first;
	doctor_advise(
		doctor,
		"a rename was interrupted: complete it with: xen-bigdisk rename %s %s; or revert it: xen-bigdisk "
		"rename %s %s",
		one_is_new ? other_path : one_path, one_is_new ? one->name : other->name,
		one_is_new ? one_path : other_path, one_is_new ? other->name : one->name);
}

static void report(struct doctor *doctor, const char *check, const struct bd_cfg *one, const struct bd_cfg *other)
{
	const struct bd_cfg *const both[] = { one, other };
	BD_FREE char *missing = NULL;
	size_t size;
	FILE *out = open_memstream(&missing, &size);

	for (size_t which = 0; out && which < 2; which++)
		for (size_t i = 0; i < both[which]->disk_count + 2; i++)
			if (doctor_is_missing(file_of(both[which], i)))
				fprintf(out, " %s", file_of(both[which], i));
	if (!out || fclose(out) != 0) {
		doctor->out_of_memory = true;
		return;
	}
	doctor_found(doctor, check, DOCTOR_PROBLEM,
		     "%s and %s have the same %s, and these of their files are missing:%s", one->path, other->path,
		     one->has_uuid ? "uuid" : "time", missing);
	advise(doctor, one, other);
}

size_t doctor_report_interrupted_renames(struct doctor *doctor, const char *check)
{
	const struct bd_cfgs *cfgs = &doctor->cfgs;
	size_t count = 0;

	for (size_t i = 0; i < cfgs->count; i++)
		for (size_t j = i + 1; j < cfgs->count; j++) {
			if (!doctor_is_interrupted_rename(&cfgs->items[i], &cfgs->items[j]))
				continue;
			report(doctor, check, &cfgs->items[i], &cfgs->items[j]);
			count++;
		}
	return count;
}
