/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the index of a part: chooses directories and files, numbers them anew, copies their records. */
#include "rootfs/sealed_part.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/process/cancel.h"
#include "rootfs/file_type.h"

#define CANCEL_EVERY 1024

struct job {
	const struct bd_sealed *whole;
	uint32_t top;
	bool *emptied; /* for each directory of the whole */
	uint32_t *numbers; /* of its inodes in the part; BD_SEALED_NONE: not in it */
	uint32_t *names; /* of its files: how many are in the part */
	uint32_t dir_count, inode_count; /* of the part */
	uint64_t *offsets; /* of the part's inodes */
	uint32_t written_count; /* how many of them are written */
	uint64_t inodes_bytes, dirs_bytes;
	FILE *out;
	uint8_t *record;
	size_t record_capacity;
};

static void job_dispose(struct job *job)
{
	if (job->out)
		fclose(job->out);
	free(job->emptied);
	free(job->numbers);
	free(job->names);
	free(job->offsets);
	free(job->record);
}

static int damaged(struct bd_error *err, const char *what)
{
	return bd_fail(err, EINVAL, "the template's index is damaged: %s", what);
}

/* inode_at: where its record is, from the first one. An emptied directory has no entries. */
typedef int (*visit_dir)(struct job *job, const struct bd_sealed_inode *inode, uint64_t inode_at,
			 struct bd_sealed_dir *dir, struct bd_error *err);

static int each_dir(struct job *job, visit_dir visit, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader inodes = { .sealed = job->whole };
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader dirs = { .sealed = job->whole };
	struct bd_sealed_inode inode = { 0 };

	for (uint32_t i = 0; i < job->whole->dir_count; i++) {
		struct bd_sealed_dir dir;
		uint64_t inode_at = inode.next_at;
		if ((i % CANCEL_EVERY == 0 && bd_cancel_check(err) != 0) ||
		    bd_sealed_next_inode(&inodes, &inode, err) < 0 ||
		    bd_sealed_read_dir(&dirs, inode.dir_at, &dir, err) != 0)
			return -1;
		if (job->emptied[i]) {
			dir.at = dir.end;
			dir.entry_count = 0;
		}
		if (visit(job, &inode, inode_at, &dir, err) != 0)
			return -1;
	}
	return 0;
}

/* Every directory comes behind its parent (rootfs/sealed_check.c); one that does not is in no part. */
static bool is_inside(const struct job *job, uint32_t index, const struct bd_sealed_dir *dir)
{
	return index == job->top ||
	       (index > dir->parent && job->numbers[dir->parent] != BD_SEALED_NONE && !job->emptied[dir->parent]);
}

static int choose_dir(struct job *job, const struct bd_sealed_inode *inode, uint64_t inode_at,
		      struct bd_sealed_dir *dir, struct bd_error *err)
{
	struct bd_sealed_entry entry;

	(void)inode_at;
	(void)err;
	if (!is_inside(job, inode->index, dir))
		return 0;
	job->numbers[inode->index] = job->dir_count++;
	while (bd_sealed_next_entry(dir, &entry))
		if (entry.type != BD_TYPE_DIRECTORY)
			job->names[entry.inode]++;
	return 0;
}

static void number_files(struct job *job)
{
	job->inode_count = job->dir_count;
	for (uint32_t i = job->whole->dir_count; i < job->whole->inode_count; i++)
		if (job->names[i])
			job->numbers[i] = job->inode_count++;
}

/* With the two fields changed that depend on what else is in the part. What fails here shows when the file is flushed. */
static int copy_record(struct job *job, uint64_t at, uint64_t end, uint32_t links, const uint64_t *dir_at,
		       struct bd_error *err)
{
	size_t size = end - at;

	if (bd_array_reserve(job->record, job->record_capacity, size, err) != 0)
		return -1;
	ssize_t n = bd_pread_full(job->whole->index_fd, job->record, size, job->whole->inodes_at + at);
	if (n < 0)
		return bd_fail_errno(err, "cannot read the template's index");
	if ((size_t)n != size)
		return damaged(err, "it is too short");
	put_le32(job->record + 16, links);
	if (dir_at)
		put_le64(job->record + 24, *dir_at);
	fwrite(job->record, 1, size, job->out);
	job->offsets[job->written_count++] = job->inodes_bytes;
	job->inodes_bytes += size;
	return 0;
}

static int write_dir_inode(struct job *job, const struct bd_sealed_inode *inode, uint64_t inode_at,
			   struct bd_sealed_dir *dir, struct bd_error *err)
{
	struct bd_sealed_entry entry;
	uint64_t at = job->dirs_bytes;
	uint32_t links = 2;

	if (job->numbers[inode->index] == BD_SEALED_NONE)
		return 0;
	job->dirs_bytes += BD_SEALED_DIR_BYTES;
	while (bd_sealed_next_entry(dir, &entry)) {
		job->dirs_bytes += BD_SEALED_ENTRY_BYTES + (uint64_t)entry.name_size;
		links += entry.type == BD_TYPE_DIRECTORY;
	}
	return copy_record(job, inode_at, inode->next_at, links, &at, err);
}

static int write_files(struct job *job, uint32_t *split_out, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_reader_dispose) struct bd_sealed_reader reader = { .sealed = job->whole };
	struct bd_sealed_inode inode = { 0 };
	uint64_t at = 0;
	int more;

	*split_out = 0;
	for (; (more = bd_sealed_next_inode(&reader, &inode, err)) > 0; at = inode.next_at) {
		uint32_t names = job->names[inode.index];
		if (inode.index % CANCEL_EVERY == 0 && bd_cancel_check(err) != 0)
			return -1;
		if (!names)
			continue;
		*split_out += names < inode.links;
		if (copy_record(job, at, inode.next_at, names, NULL, err) != 0)
			return -1;
	}
	return more;
}

static int write_dir(struct job *job, const struct bd_sealed_inode *inode, uint64_t inode_at,
		     struct bd_sealed_dir *dir, struct bd_error *err)
{
	uint8_t head[BD_SEALED_DIR_BYTES], bytes[BD_SEALED_ENTRY_BYTES];
	struct bd_sealed_entry entry;
	const uint8_t *begin = dir->at;

	(void)inode_at;
	if (job->numbers[inode->index] == BD_SEALED_NONE)
		return 0;
	put_le32(head, (uint32_t)(BD_SEALED_DIR_BYTES + (dir->end - begin)));
	put_le32(head + 4, inode->index == job->top ? 0 : job->numbers[dir->parent]);
	put_le32(head + 8, dir->entry_count);
	fwrite(head, 1, sizeof(head), job->out);
	while (bd_sealed_next_entry(dir, &entry)) {
		if (job->numbers[entry.inode] == BD_SEALED_NONE)
			return damaged(err, "a directory is in the wrong place");
		put_le32(bytes, job->numbers[entry.inode]);
		bytes[4] = entry.type;
		bytes[5] = entry.name_size;
		fwrite(bytes, 1, sizeof(bytes), job->out);
		fwrite(entry.name, 1, entry.name_size, job->out);
	}
	return 0;
}

static int write_header(struct job *job, struct bd_error *err)
{
	uint8_t header[BD_SEALED_HEADER_BYTES] = { 0 };
	uint64_t dirs_at = BD_SEALED_HEADER_BYTES + job->inodes_bytes, offsets_at = dirs_at + job->dirs_bytes;

	/* "XBDTREE", version and size of blocks are those of the whole. */
	if (bd_pread_full(job->whole->index_fd, header, sizeof(header), 0) != (ssize_t)sizeof(header))
		return bd_fail_errno(err, "cannot read the template's index");
	put_le32(header + 16, job->dir_count);
	put_le32(header + 20, job->inode_count);
	put_le64(header + 40, dirs_at);
	put_le64(header + 48, offsets_at);
	put_le64(header + 56, offsets_at + (uint64_t)job->inode_count * 8);
	rewind(job->out);
	fwrite(header, 1, sizeof(header), job->out);
	return fflush(job->out) != 0 || ferror(job->out) ? bd_fail_errno(err, "cannot write a template's index") : 0;
}

static void write_offsets(struct job *job)
{
	uint8_t bytes[8];

	for (uint32_t i = 0; i < job->inode_count; i++) {
		put_le64(bytes, job->offsets[i]);
		fwrite(bytes, 1, sizeof(bytes), job->out);
	}
}

static int write_index(struct job *job, uint32_t *split_out, struct bd_error *err)
{
	static const uint8_t header[BD_SEALED_HEADER_BYTES];

	fwrite(header, 1, sizeof(header), job->out);
	if (each_dir(job, write_dir_inode, err) != 0 || write_files(job, split_out, err) != 0 ||
	    each_dir(job, write_dir, err) != 0)
		return -1;
	write_offsets(job);
	return write_header(job, err);
}

static int job_init(struct job *job, const struct bd_sealed_part *part, struct bd_error *err)
{
	uint32_t count = job->whole->inode_count;

	job->emptied = calloc(job->whole->dir_count, sizeof(*job->emptied));
	job->numbers = malloc(count * sizeof(*job->numbers));
	job->names = calloc(count, sizeof(*job->names));
	job->offsets = calloc(count, sizeof(*job->offsets));
	if (!job->emptied || !job->numbers || !job->names || !job->offsets)
		return bd_no_memory(err);
	memset(job->numbers, 0xff, count * sizeof(*job->numbers)); /* BD_SEALED_NONE */
	for (size_t i = 0; i < part->emptied_count; i++)
		job->emptied[part->emptied[i]] = true;
	return 0;
}

int bd_sealed_take_part(const struct bd_sealed *whole, const struct bd_sealed_part *part, struct bd_sealed *part_out,
			uint32_t *split_out, struct bd_error *err)
{
	BD_DISPOSE(job_dispose) struct job job = { .whole = whole, .top = part->top };
	BD_CLOSE int index_fd = memfd_create("template", MFD_CLOEXEC), payload_fd = -1;
	uint32_t split;

	BD_CLOSE int out_fd = index_fd < 0 ? -1 : dup(index_fd);
	if (out_fd < 0 || !(job.out = fdopen(out_fd, "w")))
		return bd_fail_errno(err, "cannot take a template apart");
	bd_take_fd(&out_fd);
	if (job_init(&job, part, err) != 0 || each_dir(&job, choose_dir, err) != 0)
		return -1;
	number_files(&job);
	if (write_index(&job, &split, err) != 0)
		return -1;
	payload_fd = dup(whole->payload_fd);
	if (payload_fd < 0)
		return bd_fail_errno(err, "cannot open the template's payload again");
	if (bd_sealed_open(part_out, bd_take_fd(&index_fd), bd_take_fd(&payload_fd), err) != 0)
		return -1;
	*split_out = split;
	return 0;
}
