/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the entries of a source, one at a time. */
#include "template/writer/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "rootfs/file_type.h"
#include "template/field.h"
#include "template/writer/dirs.h"
#include "template/writer/index.h"
#include "template/writer/path.h"
#include "template/writer/record.h"
#include "template/writer/symlinks.h"

#define ENTRY_BYTES 50 /* of memory, as writer.h says */

int bd_sealed_writer_begin(const char *folder, uint64_t limit_bytes, struct bd_sealed_writer **writer_out,
			   struct bd_error *err)
{
	struct bd_sealed_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return bd_no_memory(err);
	bd_summed_file_init(&writer->records);
	bd_summed_file_init(&writer->index);
	bd_summed_file_init(&writer->payload.file);
	static const struct bd_file_meta root = { .mode = S_IFDIR | 0755 };
	writer->folder = strdup(folder);
	if (!writer->folder || sodium_init() < 0)
		bd_no_memory(err);
	else if (bd_names_init(&writer->names, err) == 0 && bd_summed_file_open(&writer->records, folder, err) == 0 &&
		 bd_payload_open(&writer->payload, folder, limit_bytes, err) == 0 &&
		 bd_sealed_writer_add(writer, ".", &root, err) == 0) {
		writer->dirs[0].implied = true;
		*writer_out = writer;
		return 0;
	}
	bd_sealed_writer_free(&writer);
	return -1;
}

void bd_sealed_writer_free(struct bd_sealed_writer **pointer)
{
	struct bd_sealed_writer *writer = *pointer;

	if (!writer)
		return;
	for (uint32_t i = 0; i < writer->dir_count; i++)
		free(writer->dirs[i].record);
	free(writer->dirs);
	free(writer->links);
	free(writer->empty);
	free(writer->symlinks);
	free(writer->targets);
	free(writer->record);
	free(writer->folder);
	bd_names_dispose(&writer->names);
	bd_summed_file_dispose(&writer->records);
	bd_summed_file_dispose(&writer->index);
	bd_payload_dispose(&writer->payload);
	bd_disk_sums_dispose(&writer->disk.sums);
	free(writer);
	*pointer = NULL;
}

void bd_sealed_writer_allow_repeating(struct bd_sealed_writer *writer)
{
	writer->repeating = true;
}

uint64_t bd_sealed_writer_repeated(const struct bd_sealed_writer *writer, const char **first_out)
{
	*first_out = writer->first_repeated;
	return writer->repeated;
}

int bd_sealed_writer_check_growth(const struct bd_sealed_writer *writer, uint64_t source_bytes, struct bd_error *err)
{
	uint64_t grown = writer->payload.file.size_bytes + writer->taken_bytes;
	uint64_t source = writer->packed_bytes ? writer->packed_bytes : writer->source_bytes + source_bytes;

	if (writer->any_growth || grown <= BD_SEALED_WRITER_GROWTH_FREE_BYTES ||
	    grown / BD_SEALED_WRITER_GROWTH_RATIO <= source)
		return 0;
	bd_fail(err, EFBIG, "it unpacks to more than %d times its size: probably a decompression bomb",
		BD_SEALED_WRITER_GROWTH_RATIO);
	return bd_set_field(err, BD_TEMPLATE_FIELD_LIMIT);
}

uint64_t bd_sealed_writer_content_max(const struct bd_sealed_writer *writer, uint64_t source_bytes)
{
	uint64_t limit = writer->payload.limit_bytes, growth;

	if (writer->any_growth || __builtin_mul_overflow(source_bytes, BD_SEALED_WRITER_GROWTH_RATIO, &growth) ||
	    __builtin_add_overflow(growth, BD_SEALED_WRITER_GROWTH_FREE_BYTES, &growth))
		return limit;
	return growth < limit ? growth : limit;
}

void bd_sealed_writer_end_source(struct bd_sealed_writer *writer, uint64_t source_bytes)
{
	writer->source_bytes += source_bytes;
}

void bd_sealed_writer_set_packed(struct bd_sealed_writer *writer, uint64_t packed_bytes)
{
	writer->packed_bytes = packed_bytes;
}

void bd_sealed_writer_allow_any_growth(struct bd_sealed_writer *writer)
{
	writer->any_growth = true;
}

void bd_sealed_writer_set_form(struct bd_sealed_writer *writer, enum bd_sealed_writer_form form)
{
	writer->form = form;
}

enum bd_sealed_writer_form bd_sealed_writer_form(const struct bd_sealed_writer *writer)
{
	return writer->form;
}

void bd_sealed_writer_allow_replacing(struct bd_sealed_writer *writer)
{
	writer->replacing = true;
	writer->names.layer++;
}

void bd_sealed_writer_begin_layer(struct bd_sealed_writer *writer)
{
	writer->layers = true;
	bd_sealed_writer_allow_replacing(writer);
}

/* A record of its own, with one link, for the name. */
static int new_record(struct bd_sealed_writer *writer, uint32_t name, const struct bd_file_meta *meta,
		      struct bd_error *err)
{
	if (bd_array_grow(writer->links, writer->record_count, err) != 0 ||
	    bd_array_grow(writer->empty, writer->record_count, err) != 0)
		return -1;
	writer->links[writer->record_count] = 1;
	writer->empty[writer->record_count] = S_ISREG(meta->mode) && !meta->size_bytes;
	writer->names.names[name].inode = writer->record_count++;
	return 0;
}

/* The file that was begun is complete: its record goes out. */
static int end_file(struct bd_sealed_writer *writer, struct bd_error *err)
{
	if (!writer->in_file)
		return 0;
	writer->in_file = false;
	if (bd_payload_end_file(&writer->payload, err) != 0 ||
	    bd_sealed_writer_insert_extents(writer, writer->payload.extents, writer->payload.extent_count, err) != 0)
		return -1;
	return bd_summed_file_append(&writer->records, writer->record, writer->record_size, err);
}

static int check_meta(const struct bd_file_meta *meta, struct bd_error *err)
{
	if (!bd_file_type(meta->mode))
		return bd_fail(err, EINVAL, "it has no known type (mode %o)", (unsigned)meta->mode);
	if (S_ISREG(meta->mode) && meta->size_bytes > BD_SEALED_FILE_BYTES_MAX)
		return bd_fail(err, EFBIG, "%llu GiB is too large for a file of the guest",
			       (unsigned long long)meta->size_bytes >> 30);
	if (S_ISLNK(meta->mode) &&
	    (!meta->target || !*meta->target || strlen(meta->target) > BD_SEALED_TARGET_BYTES_MAX))
		return bd_fail(err, EINVAL, "a symbolic link's target has 1 to %d bytes", BD_SEALED_TARGET_BYTES_MAX);
	return 0;
}

static bool has_children(const struct bd_sealed_writer *writer, uint32_t dir)
{
	for (uint32_t child = bd_sealed_writer_dir_of(writer, dir)->first_child; child != BD_NO_NAME;
	     child = writer->names.names[child].next)
		if (bd_names_type(&writer->names, child))
			return true;
	return false;
}

/* The place is free for the entry when this returns 0; 1: it is a directory that is there already. */
static int clear_place(struct bd_sealed_writer *writer, struct bd_sealed_writer_place *place, bool adds_dir,
		       struct bd_error *err)
{
	if (place->name == BD_NO_NAME)
		return 0;
	if (adds_dir && bd_sealed_writer_is_dir(writer, place->name))
		return 1;
	if (!*place->text)
		return bd_fail(err, ENOTDIR, "the root of the filesystem is not a directory");
	if (!writer->replacing && !writer->repeating)
		return bd_fail(err, EINVAL, "it appears twice");
	if (!writer->replacing && bd_sealed_writer_is_dir(writer, place->name) && has_children(writer, place->name))
		return bd_fail(err, EINVAL, "it appears twice, once as a non-empty directory");
	if (!writer->replacing && !writer->repeated++)
		bd_names_path(&writer->names, place->name, writer->first_repeated, sizeof(writer->first_repeated));
	bd_sealed_writer_remove_name(writer, place->name);
	place->name = BD_NO_NAME;
	return 0;
}

int bd_sealed_writer_add(struct bd_sealed_writer *writer, const char *path, const struct bd_file_meta *meta,
			 struct bd_error *err)
{
	struct bd_sealed_writer_place place;

	if (end_file(writer, err) != 0 || check_meta(meta, err) != 0 ||
	    bd_sealed_writer_find_place(writer, path, true, meta->mtime_s, &place, err) != 0)
		return -1;
	bool adds_dir = S_ISDIR(meta->mode);
	if (!*place.text && !writer->dir_count) /* the root itself, when the writer begins */
		return bd_sealed_writer_encode(writer, meta, err) == 0 ? bd_sealed_writer_new_dir(writer, 0, err)
								       : -1;
	int there = clear_place(writer, &place, adds_dir, err);
	if (there < 0 || bd_sealed_writer_encode(writer, meta, err) != 0)
		return -1;
	writer->taken_bytes += ENTRY_BYTES + place.size + writer->record_size;
	if (there) {
		bd_sealed_writer_dir_of(writer, place.name)->implied = false;
		writer->names.names[place.name].layer = writer->names.layer;
		return bd_sealed_writer_set_dir_record(writer, bd_sealed_writer_dir_of(writer, place.name), err);
	}

	uint32_t name;
	if (bd_names_add(&writer->names, place.parent, place.text, place.size, bd_file_type(meta->mode), &name,
			 err) != 0)
		return -1;
	if (adds_dir ? bd_sealed_writer_new_dir(writer, name, err) != 0 : new_record(writer, name, meta, err) != 0)
		return -1;
	bd_sealed_writer_append_child(writer, place.parent, name);
	if (adds_dir)
		return 0;
	if (S_ISLNK(meta->mode) && writer->layers &&
	    bd_sealed_writer_remember_symlink(writer, writer->names.names[name].inode, meta->target, err) != 0)
		return -1;
	if (!S_ISREG(meta->mode))
		return bd_summed_file_append(&writer->records, writer->record, writer->record_size, err);
	writer->in_file = true;
	writer->file_bytes = meta->size_bytes;
	bd_payload_begin_file(&writer->payload);
	return 0;
}

int bd_sealed_writer_data(struct bd_sealed_writer *writer, uint64_t offset_bytes, const void *data, size_t size_bytes,
			  struct bd_error *err)
{
	if (!writer->in_file)
		return bd_fail(err, EINVAL, "it has content but no file");
	if (offset_bytes > writer->file_bytes || size_bytes > writer->file_bytes - offset_bytes)
		return bd_fail(err, EINVAL, "it has more content than its size says");
	return bd_payload_write(&writer->payload, offset_bytes, data, size_bytes, err);
}

int bd_sealed_writer_link(struct bd_sealed_writer *writer, const char *path, const char *target_path,
			  struct bd_error *err)
{
	struct bd_sealed_writer_place target, place;
	uint32_t name;

	if (end_file(writer, err) != 0)
		return -1;
	if (bd_sealed_writer_find_place(writer, target_path, false, 0, &target, err) != 0)
		return bd_wrap(err, "the target of its hard link");
	if (target.name == BD_NO_NAME)
		return bd_fail(err, EINVAL, "it is a hard link to %.200s, which does not exist", target_path);
	if (bd_sealed_writer_is_dir(writer, target.name))
		return bd_fail(err, EINVAL, "it is a hard link to a directory");
	if (bd_sealed_writer_find_place(writer, path, true, 0, &place, err) != 0)
		return -1;
	writer->taken_bytes += ENTRY_BYTES + place.size;
	if (place.name == target.name)
		return 0; /* a layer repeats what is there */
	/* What gives way may be another name of the same file, or a directory that the other name is in. */
	uint32_t inode = writer->names.names[target.name].inode;
	uint8_t type = bd_names_type(&writer->names, target.name);
	writer->links[inode]++;
	if (clear_place(writer, &place, false, err) != 0 ||
	    bd_names_add(&writer->names, place.parent, place.text, place.size, type, &name, err) != 0) {
		writer->links[inode]--;
		return -1;
	}
	writer->names.names[name].inode = inode;
	bd_sealed_writer_append_child(writer, place.parent, name);
	return 0;
}

/* Directories that this layer has something in stay; what lower layers have in them goes. */
static int remove_lower(struct bd_sealed_writer *writer, uint32_t top, struct bd_error *err)
{
	BD_FREE uint32_t *waiting = NULL;
	size_t count = 0, capacity = 0;

	for (uint32_t dir = top;; dir = waiting[--count]) {
		for (uint32_t child = bd_sealed_writer_dir_of(writer, dir)->first_child, next; child != BD_NO_NAME;
		     child = next) {
			next = writer->names.names[child].next;
			if (!bd_names_type(&writer->names, child))
				continue;
			if (writer->names.names[child].layer < writer->names.layer) {
				bd_sealed_writer_remove_name(writer, child);
			} else if (bd_sealed_writer_is_dir(writer, child)) {
				if (bd_array_reserve(waiting, capacity, count + 1, err) != 0)
					return -1;
				waiting[count++] = child;
			}
		}
		if (!count)
			return 0;
	}
}

/* 1: the path is there. 0: it is not. */
static int find_existing(struct bd_sealed_writer *writer, const char *path, struct bd_sealed_writer_place *place,
			 struct bd_error *err)
{
	if (end_file(writer, err) != 0 || bd_sealed_writer_find_place(writer, path, false, 0, place, err) != 0)
		return -1;
	return place->name != BD_NO_NAME && (place->parent != BD_NO_NAME || !*place->text);
}

int bd_sealed_writer_whiteout(struct bd_sealed_writer *writer, const char *path, bool children_only,
			      struct bd_error *err)
{
	struct bd_sealed_writer_place place;
	uint32_t dir;

	if (children_only && writer->layers) {
		/* The directory that the whiteout itself is in, so a symlink to it counts. */
		if (end_file(writer, err) != 0 || bd_sealed_writer_find_dir(writer, path, &dir, err) != 0)
			return -1;
		return dir == BD_NO_NAME ? 0 : remove_lower(writer, dir, err);
	}

	writer->taken_bytes += ENTRY_BYTES;
	int there = find_existing(writer, path, &place, err);
	if (there <= 0)
		return there;
	if (!children_only && *place.text && writer->names.names[place.name].layer < writer->names.layer)
		bd_sealed_writer_remove_name(writer, place.name);
	else if (bd_sealed_writer_is_dir(writer, place.name))
		return remove_lower(writer, place.name, err);
	return 0;
}

int bd_sealed_writer_remove(struct bd_sealed_writer *writer, const char *path, bool children_only,
			    struct bd_error *err)
{
	struct bd_sealed_writer_place place;

	int there = find_existing(writer, path, &place, err);
	if (there <= 0)
		return there;
	if (!children_only && *place.text)
		bd_sealed_writer_remove_name(writer, place.name);
	else if (bd_sealed_writer_is_dir(writer, place.name))
		bd_sealed_writer_remove_below(writer, place.name);
	return 0;
}

int bd_sealed_writer_finish(struct bd_sealed_writer *writer, struct bd_sealed *sealed_out,
			    struct bd_sealed_writer_totals *totals_out, struct bd_error *err)
{
	struct bd_sealed_writer_totals totals = { 0 };

	if (end_file(writer, err) != 0 || bd_summed_file_finish(&writer->records, NULL, err) != 0 ||
	    bd_summed_file_finish(&writer->payload.file, totals.payload_checksum, err) != 0 ||
	    bd_summed_file_open(&writer->index, writer->folder, err) != 0 ||
	    bd_sealed_writer_write_index(writer, &totals, err) != 0)
		return -1;
	totals.payload_bytes = writer->payload.file.size_bytes;
	int index_fd = fcntl(writer->index.fd, F_DUPFD_CLOEXEC, 0);
	int payload_fd = fcntl(writer->payload.file.fd, F_DUPFD_CLOEXEC, 0);
	if (index_fd < 0 || payload_fd < 0) {
		bd_fail_errno(err, "cannot read the template again");
		close(index_fd);
		close(payload_fd);
		return -1;
	}
	if (bd_sealed_open(sealed_out, index_fd, payload_fd, err) != 0)
		return -1;
	*totals_out = totals;
	return 0;
}

int bd_sealed_writer_publish(struct bd_sealed_writer *writer, int folder_fd, struct bd_error *err)
{
	if (bd_summed_file_publish(&writer->index, folder_fd, "tree", err) != 0)
		return -1;
	return bd_summed_file_publish(&writer->payload.file, folder_fd, "payload", err);
}
