/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command lines of lvcreate(8), lvremove(8), lvrename(8), lvchange(8) and lvextend(8). */
#include "volume/change.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/texts.h"
#include "volume/lvm.h"

#define FULL_SIZE (2 * BD_VOLUME_NAME_SIZE)

static void full_name(const char *group, const char *name, char out[FULL_SIZE])
{
	snprintf(out, FULL_SIZE, "%s/%s", group, name);
}

static int add(struct bd_texts *argv, const char *const *words, struct bd_error *err)
{
	for (; *words; words++)
		if (bd_texts_append(argv, *words, err) != 0)
			return -1;
	return 0;
}

static int run(struct bd_texts *argv, struct bd_error *err)
{
	return bd_texts_append(argv, NULL, err) != 0 ? -1 : bd_lvm_run(argv->items, err);
}

/* -kn, as LVM gives snapshots of thin volumes a flag by which they are not activated when dom0 boots. */
int bd_volume_create(const struct bd_volume_spec *spec, struct bd_error *err)
{
	BD_DISPOSE(bd_texts_dispose) struct bd_texts argv = { 0 };
	char size[32], from[FULL_SIZE];

	snprintf(size, sizeof(size), "%" PRIu64 "b", spec->size_bytes);
	full_name(spec->group, spec->origin ? spec->origin : spec->pool ? spec->pool : "", from);
	const char *const begin[] = { "lvcreate", "-y", "-ay", "-kn", "-prw", "-n", spec->name, NULL };
	const char *const snapshot[] = { "-s", from, NULL };
	const char *const thin[] = { "-V", size, "--thinpool", from, NULL };
	const char *const thick[] = { "-Wy", "-Zy", "-L", size, spec->group, NULL };
	if (add(&argv, begin, err) != 0)
		return -1;
	for (size_t i = 0; i < BD_VOLUME_TAGS_MAX && spec->tags[i]; i++)
		if (add(&argv, (const char *const[]){ "--addtag", spec->tags[i], NULL }, err) != 0)
			return -1;
	if (add(&argv, spec->origin ? snapshot : spec->pool ? thin : thick, err) != 0)
		return -1;
	return run(&argv, err);
}

int bd_volume_remove(const char *group, const char *name, struct bd_error *err)
{
	char volume[FULL_SIZE];

	full_name(group, name, volume);
	return bd_lvm_run((const char *const[]){ "lvremove", "-y", volume, NULL }, err);
}

int bd_volume_rename(const char *group, const char *name, const char *new_name, struct bd_error *err)
{
	return bd_lvm_run((const char *const[]){ "lvrename", group, name, new_name, NULL }, err);
}

int bd_volume_finish(const char *group, const char *name, struct bd_error *err)
{
	char volume[FULL_SIZE];

	full_name(group, name, volume);
	return bd_lvm_run((const char *const[]){ "lvchange", "--deltag", BD_VOLUME_TAG_UNFINISHED, volume, NULL },
			  err);
}

int bd_volume_seal(const char *group, const char *name, const char *tag, struct bd_error *err)
{
	char volume[FULL_SIZE];

	full_name(group, name, volume);
	if (bd_lvm_run((const char *const[]){ "lvchange", "-pr", "-ky", "--deltag", BD_VOLUME_TAG_UNFINISHED,
					      "--addtag", tag, volume, NULL },
		       err) != 0)
		return -1;
	return bd_lvm_run((const char *const[]){ "lvchange", "-an", volume, NULL }, err);
}

int bd_volume_extend(const char *group, const char *name, uint64_t size_bytes, const char *ranges,
		     struct bd_error *err)
{
	BD_DISPOSE(bd_texts_dispose) struct bd_texts argv = { 0 };
	BD_FREE char *words = ranges ? strdup(ranges) : NULL;
	char volume[FULL_SIZE], size[32], *rest = words;

	if (ranges && !words)
		return bd_no_memory(err);
	full_name(group, name, volume);
	snprintf(size, sizeof(size), "%" PRIu64 "b", size_bytes);
	if (add(&argv, (const char *const[]){ "lvextend", "-y", "-L", size, volume, NULL }, err) != 0)
		return -1;
	for (char *range; (range = strsep(&rest, " "));)
		if (*range && bd_texts_append(&argv, range, err) != 0)
			return -1;
	return run(&argv, err);
}
