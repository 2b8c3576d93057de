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
#include "disk/ext_partition.h"
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

static int find_filesystem(const char *file, int number, struct bd_partition *chosen_out, uint64_t *file_bytes_out,
			   struct bd_error *err)
{
	BD_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return bd_fail_lookup(err, "cannot open it");
	if (check_container(fd, err) < 0)
		return -1;
	if (bd_ext_partition_find(fd, number, chosen_out, file_bytes_out, err) == 0)
		return 0;
	struct bd_error cause = *err;
	return *chosen_out->type ? bd_fail_as(err, &cause, "%s%s", cause.message, way_to_read(chosen_out->type)) : -1;
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
