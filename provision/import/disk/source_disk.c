/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens a disk, and decides what of it becomes a template. */
#include "import/disk/source_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/text.h"
#include "disk/ext_partition.h"
#include "import/disk/guestfish.h"
#include "import/disk/mounted_root.h"
#include "import/disk/raw_disk.h"
#include "import/disk/whole_disk.h"
#include "inside/mounts/mounts.h"
#include "template/field.h"

int bd_source_disk_split(const char *path, char file_out[PATH_MAX], int *partition_out, struct bd_error *err)
{
	size_t size;
	int number = bd_partition_suffix(path, &size);

	if (size >= PATH_MAX)
		return bd_fail(err, ENAMETOOLONG, "the path is too long");
	memcpy(file_out, path, size);
	file_out[size] = '\0';
	*partition_out = number;
	return 0;
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

/* Paths are what somebody wrote into an image. */
static void say(const char *text, const struct bd_inside_mount *items, size_t count)
{
	char list[512] = "";

	for (size_t i = 0; i < count; i++) {
		BD_FREE char *path = bd_printable(items[i].path);
		bd_text_append(list, sizeof(list), ", ", "%s", path ? path : "");
		if (items[i].partition)
			bd_text_append(list, sizeof(list), "", " (partition %d)", items[i].partition);
	}
	if (count)
		bd_info("%s: %s", text, list);
}

static void say_mounts(const struct bd_inside_mounts *mounts)
{
	say("merged into /, as its /etc/fstab mounts them", mounts->items + 1, mounts->count - 1);
	say("left out, as a guest of Xen does not boot by an EFI system partition", mounts->left_out,
	    mounts->left_out_count);
}

/* reason: why the disk, or a part of it, is not read here. */
static int import_by_guestfish(const struct bd_raw_disk *disk, int source_fd, const struct bd_error *reason,
			       bd_progress_report progress, struct bd_sealed_writer *writer, struct bd_error *err)
{
	struct bd_inside_mounts mounts;

	if (bd_guestfish_import(disk, source_fd, progress, writer, &mounts, err) == 0) {
		bd_info("read by guestfish, in a virtual machine of its own: not all of the root filesystem is in partitions of ext2, "
			"ext3 or ext4");
		say_mounts(&mounts);
		return 0;
	}
	if (err->code == ENOPKG)
		bd_fail_as(err, reason,
			   "%s; guestfish can read it, which is not installed (Debian: apt-get install guestfish)",
			   reason->message);
	else if (err->code == EIO) {
		struct bd_error guestfish = *err;
		bd_fail_as(err, &guestfish, "%s; %s", reason->message, guestfish.message);
	} else
		return -1;
	return bd_set_field(err, BD_TEMPLATE_FIELD_FORM);
}

static int import_root(const struct bd_raw_disk *disk, int partition, int source_fd, bd_progress_report progress,
		       struct bd_sealed_writer *writer, struct bd_error *err)
{
	struct bd_inside_mounts mounts;
	struct bd_error reason = BD_ERROR_INIT;

	if (bd_inside_mounts_find(disk->fd, partition, way_to_read, &mounts, &reason) != 0) {
		*err = reason;
		return reason.code == ENOTSUP && !partition
			       ? import_by_guestfish(disk, source_fd, &reason, progress, writer, err)
			       : -1;
	}
	if (bd_mounted_root_import(disk->fd, source_fd, &mounts, progress, writer, err) != 0)
		return -1;
	say_mounts(&mounts);
	return 0;
}

static int open_raw(int fd, const struct bd_sealed_writer *writer, struct bd_raw_disk *disk_out, struct bd_error *err)
{
	struct stat there;

	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access it");
	if (bd_raw_disk_open(fd, bd_sealed_writer_content_max(writer, (uint64_t)there.st_size), disk_out, err) == 0)
		return 0;
	return err->code == EFBIG ? bd_set_field(err, BD_TEMPLATE_FIELD_LIMIT) : -1;
}

static int import(int fd, int partition, bd_progress_report progress, struct bd_sealed_writer *writer,
		  struct bd_error *err)
{
	BD_DISPOSE(bd_raw_disk_dispose) struct bd_raw_disk disk = BD_RAW_DISK_INIT;
	bool taken = false;

	if (open_raw(fd, writer, &disk, err) != 0)
		return -1;
	if (disk.is_unpacked)
		bd_progress_stage("reading the source", disk.size_bytes);
	/* Who names a partition wants what is in that. */
	if (!partition && bd_source_whole_disk(&disk, fd, progress, writer, &taken, err) != 0)
		return -1;
	return taken ? 0 : import_root(&disk, partition, fd, progress, writer, err);
}

int bd_source_disk_fd(int fd, int partition, const char *what, bd_progress_report progress,
		      struct bd_sealed_writer *writer, struct bd_error *err)
{
	if (import(fd, partition, progress, writer, err) == 0)
		return 0;
	return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", what);
}

int bd_source_disk(const char *path, bd_progress_report progress, struct bd_sealed_writer *writer,
		   struct bd_error *err)
{
	char file[PATH_MAX];
	int partition = 0;

	if (bd_source_disk_split(path, file, &partition, err) != 0)
		return bd_wrap(err, "cannot import %s", path);
	BD_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		bd_fail_lookup(err, "cannot open it");
		return bd_wrap(err, "cannot import %s", path);
	}
	return bd_source_disk_fd(fd, partition, path, progress, writer, err);
}
