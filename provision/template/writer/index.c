/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the index sequentially: every size is known before the first byte, so that the checksum can be computed on
 * the way. */
#include "template/writer/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#define READ_BYTES (1024u * 1024)

/* The numbers of records that are left, behind those of the directories. */
struct numbering {
	uint32_t dir_count, record_count; /* that are left */
	uint32_t *record_numbers; /* NULL: all are left */
	uint64_t dir_records_bytes, dirs_bytes, records_bytes;
	uint64_t content_bytes; /* of the files that are left */
};

static void numbering_dispose(struct numbering *numbering)
{
	free(numbering->record_numbers);
}

static bool is_dir_inode(uint32_t inode)
{
	return inode & BD_SEALED_WRITER_DIR;
}

static uint32_t number_of(const struct bd_sealed_writer *writer, const struct numbering *numbering, uint32_t inode)
{
	if (is_dir_inode(inode))
		return writer->dirs[inode & ~BD_SEALED_WRITER_DIR].number;
	return numbering->dir_count + (numbering->record_numbers ? numbering->record_numbers[inode] : inode);
}

/* The next child that is not removed. */
static uint32_t live(const struct bd_sealed_writer *writer, uint32_t name)
{
	while (name != BD_NO_NAME && !bd_names_type(&writer->names, name))
		name = writer->names.names[name].next;
	return name;
}

static uint32_t first_child(const struct bd_sealed_writer *writer, const struct bd_sealed_writer_dir *dir)
{
	return live(writer, dir->first_child);
}

static uint32_t next_child(const struct bd_sealed_writer *writer, uint32_t name)
{
	return live(writer, writer->names.names[name].next);
}

struct dir_facts {
	uint64_t bytes; /* of the directory record */
	uint32_t entries, subdirs;
};

static struct dir_facts facts_of(const struct bd_sealed_writer *writer, const struct bd_sealed_writer_dir *dir)
{
	struct dir_facts facts = { .bytes = BD_SEALED_DIR_BYTES };

	for (uint32_t child = first_child(writer, dir); child != BD_NO_NAME; child = next_child(writer, child)) {
		size_t size;
		bd_names_text(&writer->names, child, &size);
		facts.bytes += BD_SEALED_ENTRY_BYTES + size;
		facts.entries++;
		facts.subdirs += is_dir_inode(writer->names.names[child].inode);
	}
	return facts;
}

/* Directories get their inode's last two fields here: links and where the record is. */
static int number_dirs(struct bd_sealed_writer *writer, struct numbering *numbering, struct bd_error *err)
{
	for (uint32_t i = 0; i < writer->dir_count; i++) {
		struct bd_sealed_writer_dir *dir = &writer->dirs[i];
		if (!dir->record)
			continue;
		struct dir_facts facts = facts_of(writer, dir);
		if (facts.bytes > UINT32_MAX)
			return bd_fail(err, EFBIG, "a directory has too many entries");
		dir->number = numbering->dir_count++;
		put_le32(dir->record + 16, 2 + facts.subdirs);
		put_le64(dir->record + 24, numbering->dirs_bytes);
		numbering->dir_records_bytes += dir->record_size;
		numbering->dirs_bytes += facts.bytes;
	}
	return 0;
}

static int number_records(const struct bd_sealed_writer *writer, struct numbering *numbering, struct bd_error *err)
{
	for (uint32_t i = 0; i < writer->record_count; i++)
		numbering->record_count += writer->links[i] != 0;
	if (numbering->record_count == writer->record_count)
		return 0;
	numbering->record_numbers = calloc(writer->record_count, sizeof(uint32_t));
	if (!numbering->record_numbers)
		return bd_no_memory(err);
	for (uint32_t i = 0, next = 0; i < writer->record_count; i++)
		numbering->record_numbers[i] = writer->links[i] ? next++ : 0;
	return 0;
}

/* Records in the order in which they came, through one buffer. */
struct record_stream {
	const struct bd_sealed_writer *writer;
	uint8_t *buffer;
	size_t capacity, size, used;
	uint64_t at;
};

static int fill(struct record_stream *stream, size_t want, struct bd_error *err)
{
	if (stream->size - stream->used >= want)
		return 0;
	memmove(stream->buffer, stream->buffer + stream->used, stream->size - stream->used);
	stream->size -= stream->used;
	stream->used = 0;
	if (bd_array_reserve(stream->buffer, stream->capacity, want, err) != 0)
		return -1;
	ssize_t r = bd_pread_full(stream->writer->records.fd, stream->buffer + stream->size,
				  stream->capacity - stream->size, stream->at);
	if (r < 0)
		return bd_fail_errno(err, "cannot read the template's records");
	stream->size += (size_t)r;
	stream->at += (uint64_t)r;
	return stream->size < want ? bd_fail(err, EIO, "the template's records are truncated") : 0;
}

static int next_record(struct record_stream *stream, uint8_t **record_out, size_t *size_out, struct bd_error *err)
{
	if (fill(stream, 4, err) != 0)
		return -1;
	size_t size = get_le32(stream->buffer + stream->used);
	if (fill(stream, size, err) != 0)
		return -1;
	*record_out = stream->buffer + stream->used;
	*size_out = size;
	stream->used += size;
	return 0;
}

/* Calls for each record that is left; done twice, once to add up and once to write. */
static int each_record(const struct bd_sealed_writer *writer,
		       int (*visit)(void *context, const uint8_t *record, size_t size, struct bd_error *err),
		       void *context, struct bd_error *err)
{
	struct record_stream stream = { .writer = writer, .capacity = READ_BYTES };
	int status = 0;

	stream.buffer = malloc(READ_BYTES);
	if (!stream.buffer)
		return bd_no_memory(err);
	for (uint32_t i = 0; status == 0 && i < writer->record_count; i++) {
		uint8_t *record;
		size_t size;
		status = next_record(&stream, &record, &size, err);
		if (status == 0 && writer->links[i]) {
			put_le32(record + 16, writer->links[i]);
			status = visit(context, record, size, err);
		}
	}
	free(stream.buffer);
	return status;
}

static int add_size(void *context, const uint8_t *record, size_t size, struct bd_error *err)
{
	struct numbering *numbering = context;
	uint64_t *content = &numbering->content_bytes;

	(void)err;
	numbering->records_bytes += size;
	if (S_ISREG(get_le16(record + 4)) && __builtin_add_overflow(*content, get_le64(record + 24), content))
		*content = UINT64_MAX; /* sizes that are nothing but holes */
	return 0;
}

static int append_record(void *context, const uint8_t *record, size_t size, struct bd_error *err)
{
	return bd_summed_file_append(context, record, size, err);
}

static int write_header(struct bd_sealed_writer *writer, const struct numbering *numbering, struct bd_error *err)
{
	uint8_t header[BD_SEALED_HEADER_BYTES] = "XBDTREE";
	uint32_t inodes = numbering->dir_count + numbering->record_count;
	uint64_t dirs_at = BD_SEALED_HEADER_BYTES + numbering->dir_records_bytes + numbering->records_bytes;
	uint64_t offsets_at = dirs_at + numbering->dirs_bytes;

	put_le32(header + 8, 1);
	put_le32(header + 12, BD_SEALED_BLOCK_BYTES);
	put_le32(header + 16, numbering->dir_count);
	put_le32(header + 20, inodes);
	put_le64(header + 24, writer->payload.file.size_bytes / BD_SEALED_BLOCK_BYTES);
	put_le64(header + 32, BD_SEALED_HEADER_BYTES);
	put_le64(header + 40, dirs_at);
	put_le64(header + 48, offsets_at);
	put_le64(header + 56, offsets_at + (uint64_t)inodes * 8);
	return bd_summed_file_append(&writer->index, header, sizeof(header), err);
}

static int write_dir_inodes(struct bd_sealed_writer *writer, struct bd_error *err)
{
	for (uint32_t i = 0; i < writer->dir_count; i++)
		if (writer->dirs[i].record && bd_summed_file_append(&writer->index, writer->dirs[i].record,
								    writer->dirs[i].record_size, err) != 0)
			return -1;
	return 0;
}

static int write_dir(struct bd_sealed_writer *writer, const struct numbering *numbering,
		     const struct bd_sealed_writer_dir *dir, struct bd_error *err)
{
	struct dir_facts facts = facts_of(writer, dir);
	uint32_t parent = writer->names.names[dir->name].parent;
	uint8_t head[BD_SEALED_DIR_BYTES], entry[BD_SEALED_ENTRY_BYTES];

	put_le32(head, (uint32_t)facts.bytes);
	put_le32(head + 4,
		 parent == BD_NO_NAME ? 0 : number_of(writer, numbering, writer->names.names[parent].inode));
	put_le32(head + 8, facts.entries);
	if (bd_summed_file_append(&writer->index, head, sizeof(head), err) != 0)
		return -1;
	for (uint32_t child = first_child(writer, dir); child != BD_NO_NAME; child = next_child(writer, child)) {
		size_t size;
		const uint8_t *text = bd_names_text(&writer->names, child, &size);
		put_le32(entry, number_of(writer, numbering, writer->names.names[child].inode));
		entry[4] = bd_names_type(&writer->names, child);
		entry[5] = (uint8_t)size;
		if (bd_summed_file_append(&writer->index, entry, sizeof(entry), err) != 0 ||
		    bd_summed_file_append(&writer->index, text, size, err) != 0)
			return -1;
	}
	return 0;
}

static int write_dirs(struct bd_sealed_writer *writer, const struct numbering *numbering, struct bd_error *err)
{
	for (uint32_t i = 0; i < writer->dir_count; i++)
		if (writer->dirs[i].record && write_dir(writer, numbering, &writer->dirs[i], err) != 0)
			return -1;
	return 0;
}

struct offsets {
	struct bd_summed_file *index;
	uint64_t next;
};

static int append_offset(void *context, const uint8_t *record, size_t size, struct bd_error *err)
{
	struct offsets *offsets = context;
	uint8_t bytes[8];

	(void)record;
	put_le64(bytes, offsets->next);
	offsets->next += size;
	return bd_summed_file_append(offsets->index, bytes, sizeof(bytes), err);
}

static int write_offsets(struct bd_sealed_writer *writer, struct bd_error *err)
{
	struct offsets offsets = { .index = &writer->index };

	for (uint32_t i = 0; i < writer->dir_count; i++)
		if (writer->dirs[i].record && append_offset(&offsets, NULL, writer->dirs[i].record_size, err) != 0)
			return -1;
	return each_record(writer, append_offset, &offsets, err);
}

int bd_sealed_writer_write_index(struct bd_sealed_writer *writer, struct bd_sealed_writer_totals *totals_out,
				 struct bd_error *err)
{
	BD_DISPOSE(numbering_dispose) struct numbering numbering = { 0 };

	if (number_dirs(writer, &numbering, err) != 0 || number_records(writer, &numbering, err) != 0 ||
	    each_record(writer, add_size, &numbering, err) != 0)
		return -1;
	if (write_header(writer, &numbering, err) != 0 || write_dir_inodes(writer, err) != 0 ||
	    each_record(writer, append_record, &writer->index, err) != 0 ||
	    write_dirs(writer, &numbering, err) != 0 || write_offsets(writer, err) != 0 ||
	    bd_summed_file_finish(&writer->index, totals_out->tree_checksum, err) != 0)
		return -1;
	totals_out->content_bytes = numbering.content_bytes;
	totals_out->directories = numbering.dir_count;
	totals_out->inodes = numbering.dir_count + numbering.record_count;
	return 0;
}
