/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses the root filesystem of a disk, reads its /etc/fstab, and sends what that mounts of the disk. */
#include "inside/mounts/mounts_work.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "disk/ext_partition.h"
#include "ext3/filesystem.h"
#include "ext3/reader/fd_io.h"
#include "ext3/reader/root.h"
#include "filestream/frame.h"
#include "inside/mounts/mounts_frame.h"
#include "inside/mounts/plan.h"

/* The root filesystem's; NULL: there is none. */
static int read_fstab(int fd, const struct bd_partition *partition, char **text_out, struct bd_error *err)
{
	BD_DISPOSE(bd_ext3_root_dispose) struct bd_ext3_root root = { 0 };
	struct bd_error not_replayed = BD_ERROR_INIT;
	off_t end = lseek(fd, 0, SEEK_END);

	/* What was not unmounted, or has errors, is refused by whoever copies it. */
	if (bd_ext_open_fd_replayed(fd, partition->offset_bytes, end > 0 ? (uint64_t)end : 0, &root.fs, &not_replayed,
				    err) != 0)
		return -1;
	const struct bd_root_reader reader = bd_ext3_root_reader(&root);
	if (reader.read_file(reader.source, "/etc/fstab", BD_MOUNTS_FSTAB_BYTES_MAX, text_out, NULL, err) == 0)
		return 0;
	/* Damage: whoever copies the filesystem comes to it, and says where it is. */
	return err->code == EIO ? 0 : -1;
}

static void send(struct bd_frame_writer *writer, enum bd_mounts_frame kind, const char *path,
		 const struct bd_partition *partition)
{
	bd_frame_begin(writer, (enum bd_frame_kind)kind);
	bd_frame_put32(writer, (uint32_t)partition->number);
	bd_frame_put32(writer, strcmp(partition->type, "vfat") == 0);
	bd_frame_put64(writer, partition->offset_bytes);
	bd_frame_put64(writer, partition->size_bytes);
	bd_frame_put_text(writer, path);
	bd_frame_end(writer);
}

static void send_plan(struct bd_frame_writer *writer, const struct bd_partitions *partitions,
		      const struct bd_partition *root, const struct bd_mount_plan *plan)
{
	send(writer, BD_MOUNTS_FRAME_MOUNT, "/", root);
	for (size_t i = 0; i < plan->mount_count; i++)
		send(writer, BD_MOUNTS_FRAME_MOUNT, plan->mounts[i].path,
		     &partitions->items[plan->mounts[i].partition]);
	for (size_t i = 0; i < plan->left_out_count; i++)
		send(writer, BD_MOUNTS_FRAME_LEFT_OUT, plan->left_out[i].path,
		     &partitions->items[plan->left_out[i].partition]);
	bd_frame_end_stream(writer, 0);
}

static size_t index_of(const struct bd_partitions *partitions, int number)
{
	size_t i = 0;

	while (i < partitions->count && partitions->items[i].number != number)
		i++;
	return i;
}

static int look(int fd, const struct bd_mounts_request *request, struct bd_frame_writer *writer, struct bd_error *err)
{
	BD_DISPOSE(bd_partitions_dispose) struct bd_partitions partitions = { 0 };
	BD_FREE char *fstab = NULL;
	struct bd_partition root;
	struct bd_mount_plan plan;

	if (bd_ext_partition_find_root(fd, request->partition, &partitions, &root, err) != 0) {
		struct bd_error cause = *err;
		return request->advice && *root.type
			       ? bd_fail_as(err, &cause, "%s%s", cause.message, request->advice(root.type))
			       : -1;
	}
	if (read_fstab(fd, &root, &fstab, err) != 0)
		return root.number ? bd_wrap(err, "partition %d", root.number) : -1;
	if (bd_mount_plan_make(&partitions, index_of(&partitions, root.number), fstab, request->advice, &plan, err) !=
	    0)
		return -1;
	send_plan(writer, &partitions, &root, &plan);
	return 0;
}

void bd_inside_mounts_work(void *context, int input_fd, int output_fd)
{
	struct bd_frame_writer writer;
	struct bd_error err = BD_ERROR_INIT;

	if (!bd_frame_writer_init(&writer, output_fd))
		_exit(1);
	if (look(input_fd, context, &writer, &err) != 0)
		bd_frame_error(&writer, BD_FRAME_ERROR, &err);
	bd_frame_flush(&writer);
}
