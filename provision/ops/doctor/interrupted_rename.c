/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of `doctor` for interrupted renames: one guest with two configs, and its files under either name. */
#include "ops/doctor/interrupted_rename.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/shell_word.h"
#include "guest/description.h"
#include "ops/doctor/missing.h"
#include "xlcfg/folder.h"
#include "xlcfg/rename_halves.h"

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

/* As `rename` calls it. */
static bool is_named_by_rename(const struct bd_cfg *cfg)
{
	struct bd_error no_name;
	struct bd_guest guest;

	return bd_guest_set_name(&guest, cfg->name, &no_name) == 0 && bd_cfg_is_named_after_guest(cfg);
}

bool doctor_is_interrupted_rename(const struct bd_cfg *one, const struct bd_cfg *other)
{
	return one != other && bd_cfgs_are_rename_halves(one, other) &&
	       (doctor_count_missing(one) || doctor_count_missing(other));
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
		doctor_advise(doctor,
			      "%s to have it as %s: xen-bigdisk rename %s %s; as %s: xen-bigdisk rename %s %s",
			      bd_cfgs_have_same_time(one, other) || !one->has_uuid
				      ? "a rename was interrupted;"
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
	doctor_found(doctor, check, DOCTOR_PROBLEM, "%s and %s %s, and these of their files are missing:%s",
		     one->path, other->path, one->has_uuid ? "have the same uuid" : "are of one rename", missing);
	advise(doctor, one, other);
}

struct keyed_cfg {
	char *key; /* see bd_cfg_rename_key */
	size_t number; /* among the doctor's cfgs */
};

static int compare_keys(const void *one_pointer, const void *other_pointer)
{
	const struct keyed_cfg *one = one_pointer, *other = other_pointer;
	int order = strcmp(one->key, other->key);

	return order ? order : (one->number > other->number) - (one->number < other->number);
}

/* Of those of one key, which stand together. */
static size_t report_pairs(struct doctor *doctor, const char *check, struct keyed_cfg *keyed, bool *renamed)
{
	const struct bd_cfgs *cfgs = &doctor->cfgs;
	size_t count = 0;

	qsort(keyed, cfgs->count, sizeof(*keyed), compare_keys);
	for (size_t i = 1; i < cfgs->count; i++) {
		size_t other = keyed[i].number;
		for (size_t j = i; j-- > 0 && strcmp(keyed[j].key, keyed[i].key) == 0;) {
			size_t one = keyed[j].number;
			if (!doctor_is_interrupted_rename(&cfgs->items[one], &cfgs->items[other]))
				continue;
			report(doctor, check, &cfgs->items[one], &cfgs->items[other]);
			renamed[one] = renamed[other] = true;
			count++;
		}
	}
	return count;
}

size_t doctor_report_interrupted_renames(struct doctor *doctor, const char *check, bool *renamed)
{
	const struct bd_cfgs *cfgs = &doctor->cfgs;
	BD_FREE struct keyed_cfg *keyed = calloc(cfgs->count + 1, sizeof(*keyed));
	bool complete = keyed;
	size_t count = 0;

	for (size_t i = 0; keyed && i < cfgs->count; i++) {
		keyed[i] = (struct keyed_cfg){ bd_cfg_rename_key(&cfgs->items[i]), i };
		complete = complete && keyed[i].key;
	}
	if (complete)
		count = report_pairs(doctor, check, keyed, renamed);
	doctor->out_of_memory |= !complete;
	for (size_t i = 0; keyed && i < cfgs->count; i++)
		free(keyed[i].key);
	return count;
}
