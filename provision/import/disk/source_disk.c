/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the filesystem in a disk image, or treats the image as one. */
#include "import/disk/source_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "disk/partitions.h"
#include "ext3/filesystem.h"
#include "import/disk/source_ext.h"
#include "import/magic.h"

int bd_source_disk_split(const char *path, char file_out[PATH_MAX], int *partition_out, struct bd_error *err)
{
	const char *at = strrchr(path, '@');
	size_t size = strlen(path);
	int number = 0;

	if (at && at > path && access(path, F_OK) != 0 && at[1] >= '1' && at[1] <= '9' && strlen(at + 1) <= 3 &&
	    at[1 + strspn(at + 1, "0123456789")] == '\0') {
		sscanf(at + 1, "%d", &number);
		size = (size_t)(at - path);
	}
	if (size >= PATH_MAX)
		return bd_fail(err, ENAMETOOLONG, "the path is too long");
	memcpy(file_out, path, size);
	file_out[size] = '\0';
	*partition_out = number;
	return 0;
}

/* Formats of virtual disks that would have to be unpacked first. */
static int check_container(int fd, struct bd_error *err)
{
	uint8_t head[BD_CONTAINER_HEAD_BYTES];
	ssize_t got = bd_pread_full(fd, head, sizeof(head), 0);
	const char *container = got > 0 ? bd_magic_container(head, (size_t)got) : NULL;

	if (got < 0)
		return bd_fail_errno(err, "cannot read it");
	if (!container)
		return 0;
	return bd_fail(err, ENOTSUP,
		       "it is a disk image in %s format; convert it with `qemu-img convert -O raw` first", container);
}

/* What to do about something that is read by nobody here. */
static const char *way_to_read(const char *type)
{
	static const struct {
		const char *type, *way;
	} ways[] = {
		{ "crypto_LUKS", "; open it with cryptsetup, and import what is in it" },
		{ "LVM2_member", "; activate its volume group, and import the logical volume" },
		{ "linux_raid_member", "; assemble the array, and import that" },
		{ "swap", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(type, ways[i].type))
			return ways[i].way;
	return "; mount it, and import the directory";
}

static bool is_ext(const struct bd_partition *partition)
{
	return !strcmp(partition->type, "ext2") || !strcmp(partition->type, "ext3") ||
	       !strcmp(partition->type, "ext4") || !strcmp(partition->type, "ext4dev");
}

/* "1: 512 MiB, vfat; 2: 20 GiB, ext4": what does not fit is left out. */
static void list_partitions(const struct bd_partitions *partitions, char *text, size_t size)
{
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < partitions->count; i++) {
		const struct bd_partition *item = &partitions->items[i];
		char bytes[32];
		bd_format_size(item->size_bytes, bytes, sizeof(bytes));
		int n = snprintf(text + used, size - used, "%s%d: %s, %s", used ? "; " : "", item->number, bytes,
				 item->type);
		if (n < 0 || (size_t)n >= size - used) {
			text[used] = '\0';
			return;
		}
		used += (size_t)n;
	}
}

static bool has(ext2_filsys fs, const char *name)
{
	ext2_ino_t number;
	return ext2fs_lookup(fs, EXT2_ROOT_INO, name, (int)strlen(name), NULL, &number) == 0;
}

/* A root filesystem has /etc and programs. One that cannot be opened has not. */
static bool is_root(const char *file, const struct bd_partition *partition, uint64_t file_bytes)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	struct bd_error ignored;
	if (bd_ext_open(file, partition->offset_bytes, file_bytes, 0, &fs, &ignored) < 0)
		return false;
	return has(fs, "etc") && (has(fs, "sbin") || has(fs, "usr"));
}

/* The only ext filesystem, or the only one of them with a system in it. */
static int choose(const char *file, uint64_t file_bytes, const struct bd_partitions *partitions,
		  struct bd_partition *chosen_out, struct bd_error *err)
{
	size_t ext_count = 0, root_count = 0;
	const struct bd_partition *ext = NULL, *root = NULL;
	char list[600];

	for (size_t i = 0; i < partitions->count; i++) {
		const struct bd_partition *item = &partitions->items[i];
		if (!is_ext(item))
			continue;
		ext_count++;
		ext = item;
		if (is_root(file, item, file_bytes)) {
			root_count++;
			root = item;
		}
	}
	list_partitions(partitions, list, sizeof(list));
	if (ext_count == 0)
		return bd_fail(err, EINVAL, "none of its partitions has an ext2, ext3 or ext4 filesystem (%s)", list);
	if (ext_count > 1 && root_count != 1)
		return bd_fail(err, EINVAL,
			       "%s of its partitions has a root filesystem (%s); choose one with PATH@NUMBER",
			       root_count ? "more than one" : "none", list);
	*chosen_out = ext_count == 1 ? *ext : *root;
	return 0;
}

static int take_number(const struct bd_partitions *partitions, int number, struct bd_partition *chosen_out,
		       struct bd_error *err)
{
	char list[600];
	list_partitions(partitions, list, sizeof(list));
	for (size_t i = 0; i < partitions->count; i++) {
		if (partitions->items[i].number != number)
			continue;
		if (!is_ext(&partitions->items[i]))
			return bd_fail(err, EINVAL, "partition %d has no ext2, ext3 or ext4 filesystem (%s)", number,
				       list);
		*chosen_out = partitions->items[i];
		return 0;
	}
	return bd_not_found(err,
			    partitions->count ? "there is no partition %d (%s)"
					      : "there is no partition %d: it has no partition table%s",
			    number, list);
}

/* Without a partition table, or one with nothing in it. */
static int take_whole(int fd, uint64_t file_bytes, struct bd_partition *chosen_out, struct bd_error *err)
{
	struct bd_partition whole = { .size_bytes = file_bytes };
	bd_partition_type(fd, 0, file_bytes, whole.type);
	if (!is_ext(&whole))
		return bd_fail(err, EINVAL, "it has no partitions and no ext2, ext3 or ext4 filesystem (found: %s)%s",
			       *whole.type ? whole.type : "nothing recognised", way_to_read(whole.type));
	*chosen_out = whole;
	return 0;
}

static int find_filesystem(const char *file, int number, struct bd_partition *chosen_out, uint64_t *file_bytes_out,
			   struct bd_error *err)
{
	BD_DISPOSE(bd_partitions_dispose) struct bd_partitions partitions = { 0 };
	BD_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	if (end < 0)
		return bd_fail_lookup(err, "cannot open it");
	*file_bytes_out = (uint64_t)end;
	if (check_container(fd, err) < 0 || bd_partitions_read(fd, &partitions, err) < 0)
		return -1;
	if (number)
		return take_number(&partitions, number, chosen_out, err);
	if (partitions.count)
		return choose(file, *file_bytes_out, &partitions, chosen_out, err);
	return take_whole(fd, *file_bytes_out, chosen_out, err);
}

int bd_source_disk(const char *path, bd_progress_report progress, struct bd_sealed_writer *writer,
		   struct bd_error *err)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	struct bd_partition chosen = { 0 };
	char file[PATH_MAX];
	uint64_t file_bytes = 0;
	int number;

	if (bd_source_disk_split(path, file, &number, err) < 0 ||
	    find_filesystem(file, number, &chosen, &file_bytes, err) < 0 ||
	    bd_ext_open(file, chosen.offset_bytes, file_bytes, 0, &fs, err) < 0)
		return bd_wrap(err, "cannot import %s", path);
	if (bd_source_ext(fs, file_bytes, progress, writer, err) == 0)
		return 0;
	if (err->code == BD_ECANCELED)
		return -1;
	return chosen.number ? bd_wrap(err, "cannot import partition %d of %s", chosen.number, file)
			     : bd_wrap(err, "cannot import %s", file);
}
