/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches what is wanted with what is there, first by the guest's fstab. */
#include "fleet/parts.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/parse.h"
#include "base/text.h"
#include "rootfs/fstab_line.h"

#define NONE SIZE_MAX
#define DEVICE_SIZE 300 /* a longer one is none of ours */

struct match {
	size_t have; /* its index, or NONE */
	bool is_mounted; /* at the path that is wanted, wherever it is */
};

/* By the UUID of its filesystem, as `new` writes it. */
static bool is_device_of(const struct bd_fstab_line *line, const struct bd_fleet_part *part)
{
	static const char *const prefixes[] = { "UUID=", "/dev/disk/by-uuid/" };
	char device[DEVICE_SIZE];
	struct bd_error none;
	uint8_t uuid[16];

	if (!part->has_uuid || !bd_fstab_decode(&line->fields[BD_FSTAB_DEVICE], device, sizeof(device)))
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (bd_text_begins_with(device, prefixes[i]))
			return bd_parse_uuid(device + strlen(prefixes[i]), uuid, &none) == 0 &&
			       memcmp(uuid, part->uuid, sizeof(uuid)) == 0;
	return false;
}

/* False: there are no more. */
static bool next_mount(const char **fstab, struct bd_fstab_line *line_out, char path_out[PATH_MAX])
{
	while (bd_fstab_next_line(fstab, line_out))
		if (bd_fstab_is_entry(line_out) && bd_fstab_mount_point(line_out, path_out, PATH_MAX))
			return true;
	return false;
}

static struct match find_mounted(const struct bd_fleet_parts *have, const char *mount, const char *fstab)
{
	struct match match = { .have = NONE };
	struct bd_fstab_line line;
	char path[PATH_MAX];

	while (!match.is_mounted && next_mount(&fstab, &line, path)) {
		match.is_mounted = strcmp(path, mount) == 0;
		for (size_t i = 0; match.is_mounted && i < have->count; i++)
			if (is_device_of(&line, &have->items[i]))
				match.have = i;
	}
	return match;
}

/* The first that nothing has been matched with. */
static size_t next_free(const struct bd_fleet_parts *have, const bool *taken)
{
	for (size_t i = 0; i < have->count; i++)
		if (!taken[i])
			return i;
	return NONE;
}

static void match_all(const struct bd_fleet_parts *have, const struct bd_guest_disk *wanted, size_t wanted_count,
		      const char *fstab, struct match *matches, bool *taken)
{
	for (size_t i = 0; i < wanted_count; i++) {
		matches[i] = (struct match){ .have = NONE };
		if (fstab && wanted[i].mount)
			matches[i] = find_mounted(have, wanted[i].mount, fstab);
		if (matches[i].have != NONE)
			taken[matches[i].have] = true;
	}
	for (size_t i = 0; i < wanted_count; i++) {
		if (matches[i].have == NONE)
			matches[i].have = next_free(have, taken);
		if (matches[i].have != NONE)
			taken[matches[i].have] = true;
	}
}

static void append(char text[BD_FLEET_PARTS_TEXT_SIZE], const char *mount, const char *size)
{
	bd_text_append(text, BD_FLEET_PARTS_TEXT_SIZE, ", ", "%s%s%s", mount ? mount : "", mount ? "=" : "", size);
}

static void append_have(char text[BD_FLEET_PARTS_TEXT_SIZE], const struct bd_fleet_part *part, const char *fstab,
			const char *size)
{
	struct bd_fstab_line line;
	char path[PATH_MAX];
	bool found = false;

	while (!found && fstab && next_mount(&fstab, &line, path))
		found = is_device_of(&line, part);
	append(text, found ? path : NULL, size);
}

static bool has_size(const struct bd_fleet_parts *have, const struct bd_fleet_part *part, uint64_t size_bytes)
{
	uint64_t less = part->size_bytes < size_bytes ? part->size_bytes : size_bytes;

	return part->size_bytes + size_bytes - 2 * less <= have->rounding_bytes;
}

void bd_fleet_parts_compare(const struct bd_fleet_parts *have, const struct bd_guest_disk *wanted,
			    size_t wanted_count, const char *fstab, char from_out[BD_FLEET_PARTS_TEXT_SIZE],
			    char to_out[BD_FLEET_PARTS_TEXT_SIZE])
{
	struct match matches[BD_FURTHER_DISKS_MAX];
	bool taken[BD_FURTHER_DISKS_MAX] = { false };
	char from[BD_SIZE_TEXT_SIZE], to[BD_SIZE_TEXT_SIZE];

	from_out[0] = to_out[0] = '\0';
	match_all(have, wanted, wanted_count, fstab, matches, taken);
	for (size_t i = 0; i < wanted_count; i++) {
		const struct bd_fleet_part *part = matches[i].have == NONE ? NULL : &have->items[matches[i].have];
		bool is_elsewhere = fstab && wanted[i].mount && !matches[i].is_mounted;
		if (part && has_size(have, part, wanted[i].size_bytes) && !is_elsewhere)
			continue;
		bd_format_size_pair(part ? part->size_bytes : 0, wanted[i].size_bytes, from, to);
		if (part)
			append_have(from_out, part, fstab, from);
		append(to_out, wanted[i].mount, to);
	}
	for (size_t i = 0; i < have->count; i++) {
		bd_format_size(have->items[i].size_bytes, from, sizeof(from));
		if (!taken[i])
			append_have(from_out, &have->items[i], fstab, from);
	}
}
