/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses further disks and partitions, and names the disks' files. */
#include "guest/disks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"
#include "ext3/params.h"

#define PATH_BYTES_MAX 1024
#define NAME_BYTES_MAX 255
#define MIB ((uint64_t)1 << 20)
#define SIZE_MAX_BYTES ((uint64_t)16 << 40) /* of ext3 and ext4 with blocks of 4 KiB and 32-bit numbers */

/* As the kernel reports it in /proc/mounts, and fstab(5) needs no escapes for it. */
static int check_form(const char *path, struct bd_error *err)
{
	bool is_plain = path[0] == '/' && strlen(path) < PATH_BYTES_MAX;

	for (const char *name = path; is_plain && *name; name += 1 + strcspn(name + 1, "/")) {
		size_t size = strcspn(name + 1, "/");
		is_plain = size && size <= NAME_BYTES_MAX && strspn(name + 1, ".") != size;
	}
	for (const char *at = path; is_plain && *at; at++)
		is_plain = (unsigned char)*at > ' ' && *at != 0x7f && !strchr("\\\"'", *at);
	return is_plain
		       ? 0
		       : bd_usage(
				 err,
				 "\"%s\" is not an absolute path without . and .., spaces, quotes and a slash at its end",
				 path);
}

static bool is_at_or_below(const char *path, const char *directory)
{
	return strcmp(path, directory) == 0 || bd_path_is_below(path, directory);
}

/* What a guest boots from, what has to be there before anything else is mounted, and what it mounts otherwise. */
static int check_place(const char *path, const char *what, struct bd_error *err)
{
	static const char *const own[] = { "/boot",  "/etc",	"/bin", "/sbin", "/usr", "/lib", "/lib32",
					   "/lib64", "/libx32", "/dev", "/proc", "/sys", "/run", "/lost+found" };
	static const char *const possible[] = { "/usr/local", "/usr/src" };

	for (size_t i = 0; i < sizeof(possible) / sizeof(*possible); i++)
		if (is_at_or_below(path, possible[i]))
			return 0;
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (is_at_or_below(path, own[i]))
			return bd_usage(err,
					"%s cannot be on a %s of its own: the guest needs it before it mounts that",
					path, what);
	return 0;
}

/* what: "disk" or "partition". */
static int check_mount(const struct bd_guest_disks *disks, const struct bd_guest_disk *disk, const char *what,
		       struct bd_error *err)
{
	if (check_form(disk->mount, err) != 0 || check_place(disk->mount, what, err) != 0)
		return -1;
	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++)
		if (disks->items[i].mount && strcmp(disks->items[i].mount, disk->mount) == 0)
			return bd_usage(err, "%s is on another %s already", disk->mount,
					bd_guest_disk_is_partition(i) ? "partition" : "disk");
	return disk->size_bytes >= BD_EXT3_MIN_BYTES
		       ? 0
		       : bd_usage(err, "the %s of %s is too small for a filesystem: the minimum is %uM", what,
				  disk->mount, BD_EXT3_MIN_BYTES >> 20);
}

static int parse_size(const char *text, uint64_t *bytes_out, struct bd_error *err)
{
	if (bd_parse_size(text, NULL, bytes_out, err) != 0)
		return -1;
	if (!*bytes_out || *bytes_out % MIB || *bytes_out > SIZE_MAX_BYTES)
		return bd_usage(err, "\"%s\" is not a whole number of MiB from 1M to 16T", text);
	return 0;
}

int bd_guest_disks_add(struct bd_guest_disks *disks, const char *text, struct bd_error *err)
{
	const char *colon = strchr(text, ':');
	struct bd_guest_disk disk = { .mount = colon ? colon + 1 : NULL };
	BD_FREE char *size = colon ? strndup(text, (size_t)(colon - text)) : strdup(text);

	if (!size)
		return bd_no_memory(err);
	if (disks->count == BD_FURTHER_DISKS_MAX)
		return bd_usage(err, "a guest has %d further disks at most", BD_FURTHER_DISKS_MAX);
	if (parse_size(size, &disk.size_bytes, err) != 0 ||
	    (disk.mount && check_mount(disks, &disk, "disk", err) != 0))
		return -1;
	disks->items[disks->count++] = disk;
	return 0;
}

/* Like a disk's, but rounded up with the partition. */
static int parse_partition_size(const char *text, uint64_t *bytes_out, struct bd_error *err)
{
	if (bd_parse_size(text, NULL, bytes_out, err) != 0)
		return -1;
	return bd_plan_check_maximum(*bytes_out, err) == 0 ? 0 : bd_usage(err, "%s %s", text, err->message);
}

int bd_guest_disks_add_partition(struct bd_guest_disks *disks, const char *text, char **mount_out,
				 struct bd_error *err)
{
	const char *equals = strrchr(text, '=');
	struct bd_guest_disk partition = { 0 };

	if (!equals || text[0] != '/')
		return bd_usage(err, "\"%s\" is not /MOUNT=SIZE, such as /home=10G", text);
	if (disks->partition_count == BD_PLAN_MOUNTS_MAX)
		return bd_usage(err,
				"an MBR has four partitions: besides the root's there can be %d, or %d with swap",
				BD_PLAN_MOUNTS_MAX, BD_PLAN_MOUNTS_MAX - 1);
	BD_FREE char *mount = strndup(text, (size_t)(equals - text));
	if (!mount)
		return bd_no_memory(err);
	partition.mount = mount;
	if (parse_partition_size(equals + 1, &partition.size_bytes, err) != 0 ||
	    check_mount(disks, &partition, "partition", err) != 0)
		return -1;
	disks->items[BD_FURTHER_DISKS_MAX + disks->partition_count++] = partition;
	*mount_out = bd_take_ptr(mount);
	return 0;
}

/* A directory comes before what is below it. */
size_t bd_guest_disks_mounted(const struct bd_guest_disks *disks, size_t indices_out[BD_GUEST_MOUNTS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++) {
		const char *mount = disks->items[i].mount;
		size_t at = count;
		if (!mount)
			continue;
		for (; at && strcmp(disks->items[indices_out[at - 1]].mount, mount) > 0; at--)
			indices_out[at] = indices_out[at - 1];
		indices_out[at] = i;
		count++;
	}
	return count;
}

void bd_further_disk_suffix(size_t index, char suffix_out[BD_FURTHER_DISK_SUFFIX_SIZE])
{
	snprintf(suffix_out, BD_FURTHER_DISK_SUFFIX_SIZE, "_disk%u.img", (unsigned)index % BD_FURTHER_DISKS_MAX + 2);
}

bool bd_is_further_disk(const char *path, const char *name, const char **suffix_out)
{
	char suffix[BD_FURTHER_DISK_SUFFIX_SIZE];

	for (size_t i = 0; i < BD_FURTHER_DISKS_MAX; i++) {
		bd_further_disk_suffix(i, suffix);
		if (!bd_path_is_named(path, name, suffix))
			continue;
		if (suffix_out)
			*suffix_out = path + strlen(path) - strlen(suffix);
		return true;
	}
	return false;
}
