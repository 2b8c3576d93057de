/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks in /proc and /sys for who uses a block device. */
#include "disk/use/device_look.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/text.h"

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
			bd_text_append(text, BD_DEVICE_TEXT_SIZE, " and ", "is mounted on %s", place);
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
			bd_text_append(text, BD_DEVICE_TEXT_SIZE, " and ", "is swap space in use");
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
		bd_text_append(text, BD_DEVICE_TEXT_SIZE, " and ", "is part of %s", name[0] ? name : entry->d_name);
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
			bd_text_append(text, BD_DEVICE_TEXT_SIZE, " and ", "is in use: its partition %s %s",
				       entry->d_name, use);
			return true;
		}
	}
	return false;
}

bool bd_device_find_use(dev_t number, char text_out[BD_DEVICE_TEXT_SIZE])
{
	text_out[0] = '\0';
	return find_use(number, text_out) || find_partition_use(number, text_out);
}

void bd_device_describe_use(dev_t number, char text_out[BD_DEVICE_TEXT_SIZE])
{
	if (!bd_device_find_use(number, text_out))
		bd_text_append(text_out, BD_DEVICE_TEXT_SIZE, " and ",
			       "is in use by another program or by the kernel");
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
