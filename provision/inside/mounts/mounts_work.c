/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses the root filesystem of a disk, reads its /etc/fstab, and sends what that mounts of the disk. */
#include "inside/mounts/mounts_work.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "disk/ext_partition.h"
#include "ext3/filesystem.h"
#include "ext3/reader/content.h"
#include "ext3/reader/fd_io.h"
#include "filestream/frame.h"
#include "inside/mounts/mounts_frame.h"
#include "inside/mounts/plan.h"
#include "inside/pattern.h"

#define FSTAB_BYTES_MAX (256u << 10)
#define BUFFER_BYTES (256u << 10)

struct looking {
	ext2_filsys fs; /* owned */
	struct bd_inside_path path;
	char *text; /* owned: of the fstab; NULL: there is none */
	uint8_t *buffer; /* owned */
};

static void looking_dispose(struct looking *looking)
{
	bd_ext_close(&looking->fs);
	bd_inside_path_dispose(&looking->path);
	free(looking->text);
	free(looking->buffer);
}

static int keep(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err)
{
	struct looking *looking = context;
	(void)err;

	if (offset_bytes < FSTAB_BYTES_MAX)
		memcpy(looking->text + offset_bytes, data,
		       size_bytes < FSTAB_BYTES_MAX - offset_bytes ? size_bytes : FSTAB_BYTES_MAX - offset_bytes);
	return 0;
}

static int read_text(void *context, const struct bd_inside_match *match, struct bd_error *err)
{
	struct looking *looking = context;
	struct bd_ext_sink sink = { keep, looking, looking->buffer, BUFFER_BYTES, 0 };
	struct ext2_inode inode;

	if (ext2fs_read_inode(looking->fs, match->number, &inode) != 0 || !S_ISREG(inode.i_mode))
		return 0;
	if (EXT2_I_SIZE(&inode) > FSTAB_BYTES_MAX)
		return bd_fail(err, EFBIG, "its /etc/fstab is too large");
	looking->text = calloc(1, FSTAB_BYTES_MAX + 1);
	if (!looking->text)
		return bd_no_memory(err);
	return bd_ext_content_read(looking->fs, match->number, &inode, &sink, err);
}

static int read_fstab(int fd, const struct bd_partition *root, struct looking *looking, struct bd_error *err)
{
	struct bd_error not_replayed = BD_ERROR_INIT;
	struct bd_inside_pattern pattern = {
		.follow = true, .path = &looking->path, .take = read_text, .context = looking
	};

	off_t end = lseek(fd, 0, SEEK_END);

	looking->buffer = malloc(BUFFER_BYTES);
	if (!looking->buffer)
		return bd_no_memory(err);
	if (bd_ext_open_fd_replayed(fd, root->offset_bytes, end > 0 ? (uint64_t)end : 0, &looking->fs, &not_replayed,
				    err) != 0)
		return -1;
	pattern.fs = looking->fs;
	if (bd_inside_pattern_expand(&pattern, "/etc/fstab", err) == 0 || err->kind == BD_KIND_NOT_FOUND)
		return 0;
	if (err->code != EIO)
		return -1;
	/* Damage: whoever copies the filesystem comes to it, and says where it is. */
	free(bd_take_ptr(looking->text));
	return 0;
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
	BD_DISPOSE(looking_dispose) struct looking looking = { 0 };
	struct bd_partition root;
	struct bd_mount_plan plan;

	if (bd_ext_partition_find_root(fd, request->partition, &partitions, &root, err) != 0) {
		struct bd_error cause = *err;
		return request->advice && *root.type
			       ? bd_fail_as(err, &cause, "%s%s", cause.message, request->advice(root.type))
			       : -1;
	}
	if (read_fstab(fd, &root, &looking, err) != 0)
		return root.number ? bd_wrap(err, "partition %d", root.number) : -1;
	if (bd_mount_plan_make(&partitions, index_of(&partitions, root.number), looking.text, request->advice, &plan,
			       err) != 0)
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
