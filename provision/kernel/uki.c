/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections to profiles, and what their texts say. */
#include "kernel/uki.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "kernel/env_text.h"

static const char *const part_names[BD_UKI_PARTS] = {
	[BD_UKI_LINUX] = ".linux",     [BD_UKI_INITRD] = ".initrd", [BD_UKI_UCODE] = ".ucode",
	[BD_UKI_CMDLINE] = ".cmdline", [BD_UKI_OSREL] = ".osrel",   [BD_UKI_UNAME] = ".uname",
	[BD_UKI_PROFILE] = ".profile",
};

/* BD_UKI_PARTS: none of them. */
static enum bd_uki_part part_of(const struct bd_pe_section *section)
{
	enum bd_uki_part part = 0;

	while (part < BD_UKI_PARTS && strcmp(section->name, part_names[part]) != 0)
		part++;
	return part;
}

static int add_part(struct bd_uki_profile *profile, const struct bd_pe_section *section, struct bd_error *err)
{
	struct bd_uki_section *part = &profile->parts[part_of(section)];

	if (part->is_there)
		return bd_fail(err, EINVAL, "it has two sections %s for the same entry", section->name);
	*part = (struct bd_uki_section){ true, section->offset_bytes, section->size_bytes };
	return 0;
}

/* What a profile has none of is that of the base. */
static void complete(struct bd_uki_profile *profile, const struct bd_uki_profile *base)
{
	for (size_t i = 0; i < BD_UKI_PARTS; i++)
		if (!profile->parts[i].is_there)
			profile->parts[i] = base->parts[i];
}

/* Where the same bytes were two things, it is not what a tool has written. Sections that share none have no more bytes together than the
 * file has. */
static int check_overlaps(const struct bd_pe *pe, struct bd_error *err)
{
	for (size_t i = 0; i < pe->section_count; i++) {
		const struct bd_pe_section *one = &pe->sections[i];
		if (part_of(one) == BD_UKI_PARTS)
			continue;
		for (size_t j = i + 1; j < pe->section_count; j++) {
			const struct bd_pe_section *other = &pe->sections[j];
			if (part_of(other) != BD_UKI_PARTS && one->size_bytes && other->size_bytes &&
			    one->offset_bytes < other->offset_bytes + other->size_bytes &&
			    other->offset_bytes < one->offset_bytes + one->size_bytes)
				return bd_fail(err, EINVAL, "its sections %s and %s overlap", one->name, other->name);
		}
	}
	return 0;
}

/* In the order of the table: what comes before the first .profile is the base, and each .profile begins another one. */
static int take_sections(const struct bd_pe *pe, struct bd_uki *uki, struct bd_error *err)
{
	struct bd_uki_profile base = { 0 }, *profile = &base;

	for (size_t i = 0; i < pe->section_count; i++) {
		enum bd_uki_part part = part_of(&pe->sections[i]);
		if (part == BD_UKI_PROFILE)
			profile = &uki->profiles[uki->profile_count++];
		if (part != BD_UKI_PARTS && add_part(profile, &pe->sections[i], err) != 0)
			return -1;
	}
	if (!uki->profile_count)
		uki->profile_count = 1;
	for (size_t i = 0; i < uki->profile_count; i++) {
		complete(&uki->profiles[i], &base);
		if (!uki->profiles[i].parts[BD_UKI_LINUX].size_bytes)
			return bd_fail(err, ENOEXEC, "it is no unified kernel image: it has no kernel (.linux)");
	}
	return 0;
}

int bd_uki_read(const struct bd_kernel_source *source, struct bd_uki *uki_out, struct bd_error *err)
{
	BD_FREE struct bd_uki *uki = calloc(1, sizeof(*uki));
	struct bd_pe pe;

	if (!uki)
		return bd_no_memory(err);
	if (bd_pe_read(source, &pe, err) != 0 || take_sections(&pe, uki, err) != 0 || check_overlaps(&pe, err) != 0)
		return -1;
	if (pe.machine != BD_PE_MACHINE_AMD64)
		return bd_fail(err, ENOTSUP, "it is for another kind of machine than x86-64 (PE machine %04xh)",
			       pe.machine);
	*uki_out = *uki;
	return 0;
}

/* --- texts -------------------------------------------------------------------------------------------------------- */

#define SECTION_BYTES_MAX 65536

/* A section as a text, up to its first NUL; "" where there is none. */
static int read_text(const struct bd_kernel_source *source, const struct bd_uki_profile *profile,
		     enum bd_uki_part part, char **text_out, struct bd_error *err)
{
	const struct bd_uki_section *section = &profile->parts[part];

	if (section->size_bytes > SECTION_BYTES_MAX)
		return bd_fail(err, E2BIG, "its section %s is larger than %d bytes", part_names[part],
			       SECTION_BYTES_MAX);
	BD_FREE char *text = calloc(1, (size_t)section->size_bytes + 1);
	if (!text)
		return bd_no_memory(err);
	if (section->size_bytes &&
	    bd_kernel_read_at(source, section->offset_bytes, text, (size_t)section->size_bytes, err) != 0)
		return -1;
	*text_out = bd_take_ptr(text);
	return 0;
}

/* Of a section that is one text. */
static int take_plain(const struct bd_kernel_source *source, const struct bd_uki_profile *profile,
		      enum bd_uki_part part, char **text_out, struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (!profile->parts[part].is_there)
		return 0;
	if (read_text(source, profile, part, &text, err) != 0)
		return -1;
	bd_env_text_clean(text);
	if (strlen(text) >= BD_UKI_TEXT_MAX)
		return bd_fail(err, E2BIG, "its section %s is longer than %d characters", part_names[part],
			       BD_UKI_TEXT_MAX - 1);
	*text_out = bd_take_ptr(text);
	return 0;
}

/* The first of the keys that there is. */
static int take_first(const char *text, const char *const *keys, char **value_out, struct bd_error *err)
{
	for (; *keys && !*value_out; keys++)
		if (bd_env_text_get(text, *keys, BD_UKI_TEXT_MAX, value_out, err) != 0)
			return -1;
	return 0;
}

static int take_os_release(const char *text, struct bd_uki_texts *texts, struct bd_error *err)
{
	static const char *const titles[] = { "PRETTY_NAME", "IMAGE_ID", "NAME", "ID", NULL };
	static const char *const versions[] = { "IMAGE_VERSION", "VERSION", "VERSION_ID", "BUILD_ID", NULL };
	static const char *const sort_keys[] = { "IMAGE_ID", "ID", NULL };

	if (take_first(text, titles, &texts->title, err) != 0 ||
	    take_first(text, versions, &texts->version, err) != 0)
		return -1;
	return take_first(text, sort_keys, &texts->sort_key, err);
}

static int take_profile(const char *text, struct bd_uki_texts *texts, struct bd_error *err)
{
	static const char *const titles[] = { "TITLE", "ID", NULL };
	BD_FREE char *of_profile = NULL, *both = NULL;

	if (take_first(text, titles, &of_profile, err) != 0 ||
	    take_first(text, titles + 1, &texts->profile_id, err) != 0)
		return -1;
	if (!of_profile || !texts->title)
		return 0;
	if (bd_text_format(&both, err, "%s (%s)", texts->title, of_profile) != 0)
		return -1;
	if (strlen(both) >= BD_UKI_TEXT_MAX)
		return bd_fail(err, E2BIG, "its title is longer than %d characters", BD_UKI_TEXT_MAX - 1);
	free(texts->title);
	texts->title = bd_take_ptr(both);
	return 0;
}

int bd_uki_texts_read(const struct bd_kernel_source *source, const struct bd_uki *uki, size_t profile,
		      struct bd_uki_texts *texts_out, struct bd_error *err)
{
	const struct bd_uki_profile *from = &uki->profiles[profile];
	BD_DISPOSE(bd_uki_texts_dispose) struct bd_uki_texts texts = { 0 };
	BD_FREE char *os_release = NULL, *about_profile = NULL;

	if (read_text(source, from, BD_UKI_OSREL, &os_release, err) != 0 ||
	    read_text(source, from, BD_UKI_PROFILE, &about_profile, err) != 0 ||
	    take_os_release(os_release, &texts, err) != 0 || take_profile(about_profile, &texts, err) != 0 ||
	    take_plain(source, from, BD_UKI_UNAME, &texts.uname, err) != 0 ||
	    take_plain(source, from, BD_UKI_CMDLINE, &texts.cmdline, err) != 0)
		return -1;
	*texts_out = bd_take_struct(texts);
	return 0;
}

void bd_uki_texts_dispose(struct bd_uki_texts *texts)
{
	free(texts->title);
	free(texts->version);
	free(texts->sort_key);
	free(texts->uname);
	free(texts->profile_id);
	free(texts->cmdline);
	*texts = (struct bd_uki_texts){ 0 };
}
