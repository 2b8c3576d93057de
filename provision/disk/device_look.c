/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at a block device: libblkid for its content, /proc and /sys for its use. */
#include "disk/device_look.h"

#include <blkid/blkid.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

static void free_probe(blkid_probe *probe)
{
	blkid_free_probe(*probe);
}

__attribute__((format(printf, 2, 3))) static void add(char text[BD_DEVICE_TEXT_SIZE], const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	if (used && used < BD_DEVICE_TEXT_SIZE)
		used += (size_t)snprintf(text + used, BD_DEVICE_TEXT_SIZE - used, " and ");
	if (used >= BD_DEVICE_TEXT_SIZE)
		return;
	va_start(args, format);
	vsnprintf(text + used, BD_DEVICE_TEXT_SIZE - used, format, args);
	va_end(args);
}

/* Content */

/* What is no filesystem to libblkid, or would be called by a name that says little. */
static const struct {
	const char *type, *words;
} known_types[] = {
	{ "LVM2_member", "is an LVM physical volume" },	  { "LVM1_member", "is an LVM physical volume" },
	{ "linux_raid_member", "is part of an md RAID" }, { "crypto_LUKS", "is encrypted with LUKS" },
	{ "zfs_member", "is part of a ZFS pool" },	  { "swap", "is swap space" },
	{ "BitLocker", "is encrypted with BitLocker" },	  { "bcache", "is part of a bcache" },
	{ "drbd", "is part of a DRBD device" },		  { "ceph_bluestore", "is part of a Ceph store" },
};

static const char *value_of(blkid_probe probe, const char *name)
{
	const char *value;

	return blkid_probe_lookup_value(probe, name, &value, NULL) == 0 ? value : NULL;
}

static const char *article(const char *word)
{
	return strchr("aeiouAEIOU", word[0]) ? "an" : "a";
}

static void describe_superblock(blkid_probe probe, const char *type, char text[BD_DEVICE_TEXT_SIZE])
{
	const char *usage = value_of(probe, "USAGE"), *label = value_of(probe, "LABEL"),
		   *uuid = value_of(probe, "UUID");
	char known[128] = "", named[256] = "";

	for (size_t i = 0; i < sizeof(known_types) / sizeof(*known_types); i++)
		if (strcmp(type, known_types[i].type) == 0)
			snprintf(known, sizeof(known), "%s", known_types[i].words);
	if (!known[0] && usage && strcmp(usage, "filesystem") == 0)
		snprintf(known, sizeof(known), "has %s %s filesystem", article(type), type);
	else if (!known[0])
		snprintf(known, sizeof(known), "has the signature of %s", type);
	if (label && label[0])
		snprintf(named, sizeof(named), " labelled \"%.64s\"", label);
	if (uuid && uuid[0])
		snprintf(named + strlen(named), sizeof(named) - strlen(named), " (UUID %.64s)", uuid);
	add(text, "%s%s", known, named);
}

int bd_device_describe_content(int fd, char text_out[BD_DEVICE_TEXT_SIZE], struct bd_error *err)
{
	char text[BD_DEVICE_TEXT_SIZE] = "";
	BD_DISPOSE(free_probe) blkid_probe probe = blkid_new_probe();
	int rc;

	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) != 0)
		return bd_fail(err, EIO, "libblkid cannot access it");
	blkid_probe_enable_superblocks(probe, 1);
	/* A damaged checksum does not make it nothing. */
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_DEFAULT | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_FORCE_GPT);

	/* One by one: what was a disk of this and is one of that has the marks of both. */
	while ((rc = blkid_do_probe(probe)) == 0) {
		const char *type = value_of(probe, "TYPE"), *table = value_of(probe, "PTTYPE");
		if (type)
			describe_superblock(probe, type, text);
		else if (table)
			add(text, "has a partition table (%s)", table);
	}
	if (rc < 0)
		return bd_fail(err, EIO, "libblkid cannot read it");
	memcpy(text_out, text, sizeof(text));
	return 0;
}

/* Use */

static bool is_device(const char *path, dev_t number)
{
	struct stat there;

	return path[0] == '/' && stat(path, &there) == 0 && S_ISBLK(there.st_mode) && there.st_rdev == number;
}

/* proc_pid_mountinfo(5). By number, or by the source's name: filesystems such as Btrfs have numbers of their own. */
static bool find_mount(dev_t number, char text[BD_DEVICE_TEXT_SIZE])
{
	BD_FCLOSE FILE *table = fopen("/proc/self/mountinfo", "re");
	char line[4096], place[256], source[256];
	unsigned first, second;

	while (table && fgets(line, sizeof(line), table)) {
		const char *rest = strstr(line, " - ");
		if (sscanf(line, "%*u %*u %u:%u %*s %255s", &first, &second, place) != 3)
			continue;
		if (makedev(first, second) == number ||
		    (rest && sscanf(rest, " - %*s %255s", source) == 1 && is_device(source, number))) {
			add(text, "is mounted on %s", place);
			return true;
		}
	}
	return false;
}

static bool find_swap(dev_t number, char text[BD_DEVICE_TEXT_SIZE])
{
	BD_FCLOSE FILE *table = fopen("/proc/swaps", "re");
	char line[1024], path[512];

	while (table && fgets(line, sizeof(line), table))
		if (sscanf(line, "%511s", path) == 1 && is_device(path, number)) {
			add(text, "is swap space in use");
			return true;
		}
	return false;
}

static void read_line(const char *path, char *line_out, size_t size)
{
	BD_FCLOSE FILE *file = fopen(path, "re");

	line_out[0] = '\0';
	if (file && fgets(line_out, (int)size, file))
		line_out[strcspn(line_out, "\n")] = '\0';
}

static bool find_holder(dev_t number, char text[BD_DEVICE_TEXT_SIZE])
{
	char path[512], name[128];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/holders", major(number), minor(number));
	BD_CLOSEDIR DIR *folder = opendir(path);
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/block/%.64s/dm/name", entry->d_name);
		read_line(path, name, sizeof(name));
		/* A logical volume has a name in addition to the kernel's. */
		add(text, "is part of %s", name[0] ? name : entry->d_name);
		return true;
	}
	return false;
}

static bool find_use(dev_t number, char text[BD_DEVICE_TEXT_SIZE])
{
	return find_mount(number, text) || find_swap(number, text) || find_holder(number, text);
}

static bool find_partition_use(dev_t number, char text[BD_DEVICE_TEXT_SIZE])
{
	char path[512], line[32], use[BD_DEVICE_TEXT_SIZE] = "";
	unsigned first, second;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(number), minor(number));
	BD_CLOSEDIR DIR *folder = opendir(path);
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%.64s/partition", major(number), minor(number),
			 entry->d_name);
		read_line(path, line, sizeof(line));
		if (entry->d_name[0] == '.' || !line[0])
			continue;
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%.64s/dev", major(number), minor(number),
			 entry->d_name);
		read_line(path, line, sizeof(line));
		if (sscanf(line, "%u:%u", &first, &second) == 2 && find_use(makedev(first, second), use)) {
			add(text, "is in use: its partition %s %s", entry->d_name, use);
			return true;
		}
	}
	return false;
}

void bd_device_describe_use(dev_t number, char text_out[BD_DEVICE_TEXT_SIZE])
{
	text_out[0] = '\0';
	if (!find_use(number, text_out) && !find_partition_use(number, text_out))
		add(text_out, "is in use by another program or by the kernel");
}

bool bd_device_find_xen_domain(const char *folder, dev_t number, unsigned *domid_out)
{
	BD_CLOSEDIR DIR *backends = opendir(folder);
	unsigned domid, disk, first, second;

	for (const struct dirent *entry; backends && (entry = readdir(backends));) {
		char path[512], line[32];
		if (sscanf(entry->d_name, "vbd-%u-%u", &domid, &disk) != 2)
			continue;
		snprintf(path, sizeof(path), "%s/%.64s/physical_device", folder, entry->d_name);
		read_line(path, line, sizeof(line));
		/* xen-blkback prints both in hexadecimal. */
		if (sscanf(line, "%x:%x", &first, &second) == 2 && makedev(first, second) == number) {
			*domid_out = domid;
			return true;
		}
	}
	return false;
}
