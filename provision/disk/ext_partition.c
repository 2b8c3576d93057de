/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses among the partitions of a disk image. */
#include "disk/ext_partition.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "ext3/filesystem.h"
#include "ext3/reader/fd_io.h"

bool bd_is_ext(const struct bd_partition *partition)
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

enum root_mark { NO_ROOT, LIKE_ROOT, ROOT };

static bool has_in_etc(ext2_filsys fs, const char *name)
{
	ext2_ino_t etc, number;

	return ext2fs_lookup(fs, EXT2_ROOT_INO, "etc", 3, NULL, &etc) == 0 &&
	       ext2fs_lookup(fs, etc, name, (int)strlen(name), NULL, &number) == 0;
}

/* A root filesystem has /etc and programs, and what says which system it is or what it mounts. One that cannot be opened has not. */
static enum root_mark look_for_root(int fd, const struct bd_partition *partition, uint64_t file_bytes)
{
	BD_DISPOSE(bd_ext_close) ext2_filsys fs = NULL;
	struct bd_error ignored;

	if (bd_ext_open_fd_replayed(fd, partition->offset_bytes, file_bytes, &fs, &ignored, &ignored) < 0 ||
	    !bd_ext_has(fs, "etc") || !(bd_ext_has(fs, "sbin") || bd_ext_has(fs, "usr")))
		return NO_ROOT;
	return has_in_etc(fs, "fstab") || has_in_etc(fs, "os-release") ? ROOT : LIKE_ROOT;
}

struct choice {
	size_t ext_count, root_count;
	const struct bd_partition *ext, *root;
	enum root_mark mark; /* of root */
};

static void look_at(int fd, uint64_t file_bytes, const struct bd_partition *item, struct choice *choice)
{
	if (!bd_is_ext(item))
		return;
	choice->ext_count++;
	choice->ext = item;
	enum root_mark mark = look_for_root(fd, item, file_bytes);
	if (mark == NO_ROOT || mark < choice->mark)
		return;
	choice->root_count = mark > choice->mark ? 1 : choice->root_count + 1;
	choice->mark = mark;
	choice->root = item;
}

static void look_at_all(int fd, uint64_t file_bytes, const struct bd_partitions *partitions,
			struct choice *choice_out)
{
	*choice_out = (struct choice){ .mark = NO_ROOT };
	for (size_t i = 0; i < partitions->count; i++)
		look_at(fd, file_bytes, &partitions->items[i], choice_out);
}

/* The only ext filesystem, or the only one of them with a system in it. */
static int choose(const struct choice *choice, const struct bd_partitions *partitions,
		  struct bd_partition *chosen_out, struct bd_error *err)
{
	char list[600];

	list_partitions(partitions, list, sizeof(list));
	if (choice->ext_count == 0)
		return bd_fail(err, EINVAL, "none of its partitions has an ext2, ext3 or ext4 filesystem (%s)", list);
	if (choice->ext_count > 1 && choice->root_count != 1)
		return bd_fail(err, EINVAL,
			       "%s of its partitions has a root filesystem (%s); choose one with PATH@NUMBER",
			       choice->root_count ? "more than one" : "none", list);
	*chosen_out = choice->ext_count == 1 ? *choice->ext : *choice->root;
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
		if (!bd_is_ext(&partitions->items[i]))
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
	struct bd_partition whole = { .size_bytes = file_bytes, .own_bytes = file_bytes };
	bd_partition_type(fd, 0, file_bytes, whole.type);
	*chosen_out = whole;
	if (!bd_is_ext(&whole))
		return bd_fail(err, EINVAL, "it has no partitions and no ext2, ext3 or ext4 filesystem (found: %s)",
			       *whole.type ? whole.type : "nothing recognised");
	return 0;
}

int bd_partition_suffix(const char *name, size_t *length_out)
{
	const char *at = strrchr(name, '@');
	int number = 0;

	*length_out = strlen(name);
	if (at && at > name && access(name, F_OK) != 0 && at[1] >= '1' && at[1] <= '9' && strlen(at + 1) <= 3 &&
	    at[1 + strspn(at + 1, "0123456789")] == '\0') {
		sscanf(at + 1, "%d", &number);
		*length_out = (size_t)(at - name);
	}
	return number;
}

int bd_ext_partition_find(int fd, int number, struct bd_partition *chosen_out, uint64_t *file_bytes_out,
			  struct bd_error *err)
{
	BD_DISPOSE(bd_partitions_dispose) struct bd_partitions partitions = { 0 };
	off_t end = lseek(fd, 0, SEEK_END);

	*chosen_out = (struct bd_partition){ 0 };
	if (end < 0)
		return bd_fail_errno(err, "cannot determine its size");
	*file_bytes_out = (uint64_t)end;
	if (bd_partitions_read(fd, &partitions, err) < 0)
		return -1;
	if (number)
		return take_number(&partitions, number, chosen_out, err);
	if (!partitions.count)
		return take_whole(fd, *file_bytes_out, chosen_out, err);
	struct choice choice;
	look_at_all(fd, *file_bytes_out, &partitions, &choice);
	return choose(&choice, &partitions, chosen_out, err);
}

int bd_ext_partition_check_own(const struct bd_partition *partition, uint64_t filesystem_bytes, struct bd_error *err)
{
	char is[BD_SIZE_TEXT_SIZE], has[BD_SIZE_TEXT_SIZE];

	if (filesystem_bytes <= partition->own_bytes)
		return 0;
	if (filesystem_bytes <= partition->size_bytes)
		return bd_fail(
			err, EUCLEAN,
			"another partition has a part of partition %d, and of the filesystem in it: writing to one of "
			"them damages the other, and nothing was changed; repair it first",
			partition->number);
	bd_format_size_pair(filesystem_bytes, partition->size_bytes, is, has);
	return bd_fail(
		err, EUCLEAN,
		"the superblock gives the filesystem %s, the partition table gives partition %d only %s: either the "
		"partition table or the filesystem's superblock is lying, and nothing was changed, as something else may "
		"lie behind the partition; repair it first",
		is, partition->number, has);
}

/* Whether a system may be in it that is read by nobody here. */
static bool may_be_other_root(const struct bd_partition *item)
{
	static const char *const no_root[] = { "", "nothing recognised", "swap", "vfat", "BitLocker" };

	for (size_t i = 0; i < sizeof(no_root) / sizeof(*no_root); i++)
		if (strcmp(item->type, no_root[i]) == 0)
			return false;
	return !bd_is_ext(item);
}

/* The largest one of those. NULL: there is none. */
static const struct bd_partition *find_other_root(const struct bd_partitions *partitions)
{
	const struct bd_partition *found = NULL;

	for (size_t i = 0; i < partitions->count; i++) {
		const struct bd_partition *item = &partitions->items[i];
		if (may_be_other_root(item) && (!found || item->size_bytes > found->size_bytes))
			found = item;
	}
	return found;
}

static int take_whole_root(int fd, uint64_t file_bytes, struct bd_partition *chosen_out, struct bd_error *err)
{
	if (take_whole(fd, file_bytes, chosen_out, err) == 0)
		return 0;
	return may_be_other_root(chosen_out)
		       ? bd_fail(err, ENOTSUP,
				 "its root filesystem is not ext2, ext3 or ext4, but %s, without partitions",
				 chosen_out->type)
		       : -1;
}

static int choose_root(int fd, uint64_t file_bytes, const struct bd_partitions *partitions,
		       struct bd_partition *chosen_out, struct bd_error *err)
{
	const struct bd_partition *other = find_other_root(partitions);
	struct choice choice;
	char list[600];

	look_at_all(fd, file_bytes, partitions, &choice);
	if (choice.root_count == 1) {
		*chosen_out = *choice.root;
		return 0;
	}
	if (choice.root_count || !other)
		return choose(&choice, partitions, chosen_out, err);
	list_partitions(partitions, list, sizeof(list));
	*chosen_out = *other;
	return bd_fail(err, ENOTSUP, "its root filesystem is not ext2, ext3 or ext4, but in partition %d, %s (%s)",
		       other->number, other->type, list);
}

int bd_ext_partition_find_root(int fd, int number, struct bd_partitions *partitions_out,
			       struct bd_partition *chosen_out, struct bd_error *err)
{
	off_t end = lseek(fd, 0, SEEK_END);

	*chosen_out = (struct bd_partition){ 0 };
	if (end < 0)
		return bd_fail_errno(err, "cannot determine its size");
	if (bd_partitions_read(fd, partitions_out, err) < 0)
		return -1;
	if (number)
		return take_number(partitions_out, number, chosen_out, err);
	return partitions_out->count ? choose_root(fd, (uint64_t)end, partitions_out, chosen_out, err)
				     : take_whole_root(fd, (uint64_t)end, chosen_out, err);
}
