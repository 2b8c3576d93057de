/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the ways apart in which a partition is named. */
#include "inside/mounts/device_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum name_kind { BY_UUID, BY_LABEL, BY_PARTITION_UUID, BY_PARTITION_NAME };

static const struct {
	const char *beginning;
	enum name_kind kind;
	bool is_link; /* udev writes what is not allowed in a file's name as \\x20 */
} tags[] = {
	{ "UUID=", BY_UUID, false },
	{ "LABEL=", BY_LABEL, false },
	{ "PARTUUID=", BY_PARTITION_UUID, false },
	{ "PARTLABEL=", BY_PARTITION_NAME, false },
	{ "/dev/disk/by-uuid/", BY_UUID, true },
	{ "/dev/disk/by-label/", BY_LABEL, true },
	{ "/dev/disk/by-partuuid/", BY_PARTITION_UUID, true },
	{ "/dev/disk/by-partlabel/", BY_PARTITION_NAME, true },
};

size_t bd_device_name_disk(const char *name, int *number_out)
{
	size_t length = strlen(name), end = length;

	while (end && strchr("0123456789", name[end - 1]))
		end--;
	if (strncmp(name, "/dev/", 5) != 0 || end == length || length - end > 3 || name[end] == '0' ||
	    strchr(name + 5, '/'))
		return 0;
	*number_out = atoi(name + end);
	/* /dev/nvme0n1p1 and /dev/mmcblk0p1: a disk's name that ends in a number has a "p" behind it. */
	if (end > 6 && name[end - 1] == 'p' && strchr("0123456789", name[end - 2]))
		return end - 1;
	const char *kinds[] = { "/dev/sd", "/dev/vd", "/dev/xvd", "/dev/hd" };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(name, kinds[i], strlen(kinds[i])) == 0 && end > strlen(kinds[i]))
			return end;
	return 0;
}

static bool is_this_disk(const char *name, size_t length, const char *root_name)
{
	static const char *const first[] = { "/dev/sda", "/dev/vda",	 "/dev/xvda",
					     "/dev/hda", "/dev/nvme0n1", "/dev/mmcblk0" };
	int ignored;
	size_t root_length = bd_device_name_disk(root_name, &ignored);

	if (root_length)
		return length == root_length && strncmp(name, root_name, length) == 0;
	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		if (strlen(first[i]) == length && strncmp(name, first[i], length) == 0)
			return true;
	return false;
}

static bool is_called(const struct bd_partition *item, enum name_kind kind, const char *value)
{
	switch (kind) {
	case BY_UUID:
		return strcasecmp(item->uuid, value) == 0;
	case BY_LABEL:
		return strcmp(item->label, value) == 0;
	case BY_PARTITION_UUID:
		return strcasecmp(item->partition_uuid, value) == 0;
	case BY_PARTITION_NAME:
		return strcmp(item->name, value) == 0;
	}
	return false;
}

static enum bd_device_match find(const struct bd_partitions *partitions, enum name_kind kind, const char *value,
				 size_t *index_out)
{
	enum bd_device_match match = BD_DEVICE_ABSENT;

	for (size_t i = 0; *value && i < partitions->count; i++) {
		if (!is_called(&partitions->items[i], kind, value))
			continue;
		if (match == BD_DEVICE_FOUND)
			return BD_DEVICE_AMBIGUOUS;
		match = BD_DEVICE_FOUND;
		*index_out = i;
	}
	return match;
}

static enum bd_device_match find_number(const struct bd_partitions *partitions, int number, size_t *index_out)
{
	for (size_t i = 0; i < partitions->count; i++)
		if (partitions->items[i].number == number) {
			*index_out = i;
			return BD_DEVICE_FOUND;
		}
	return BD_DEVICE_ABSENT;
}

static void decode_link(const char *link, char *out, size_t size)
{
	size_t used = 0;

	while (*link && used + 1 < size) {
		unsigned value = 0;
		if (strncmp(link, "\\x", 2) == 0 && strspn(link + 2, "0123456789abcdefABCDEF") >= 2)
			sscanf(link + 2, "%2x", &value);
		if (value) {
			out[used++] = (char)value;
			link += sizeof("\\x20") - 1;
		} else {
			out[used++] = *link++;
		}
	}
	out[used] = '\0';
}

enum bd_device_match bd_device_name_find(const struct bd_partitions *partitions, const char *name,
					 const char *root_name, size_t *index_out)
{
	char value[sizeof(partitions->items->label)];
	int number = 0;

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		size_t size = strlen(tags[i].beginning);
		if (strncmp(name, tags[i].beginning, size) != 0)
			continue;
		if (tags[i].is_link)
			decode_link(name + size, value, sizeof(value));
		else
			snprintf(value, sizeof(value), "%s", name + size);
		return find(partitions, tags[i].kind, value, index_out);
	}
	size_t length = bd_device_name_disk(name, &number);
	return length && is_this_disk(name, length, root_name) ? find_number(partitions, number, index_out)
							       : BD_DEVICE_ABSENT;
}
