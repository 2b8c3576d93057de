/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking the entries of a source. */
#include "template/writer/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "template/writer/parts.h"

#define ENTRY_BYTES 50 /* of memory, as seal.h says */

int bd_seal_begin(const char *folder, uint64_t limit_bytes, struct bd_seal **seal_out, struct bd_error *err)
{
	struct bd_seal *seal = calloc(1, sizeof(*seal));

	if (!seal)
		return bd_fail(err, ENOMEM, "out of memory");
	bd_summed_file_init(&seal->records);
	bd_summed_file_init(&seal->index);
	bd_summed_file_init(&seal->payload.file);
	static const struct bd_seal_meta root = { .mode = S_IFDIR | 0755 };
	seal->folder = strdup(folder);
	if (!seal->folder || sodium_init() < 0)
		bd_fail(err, ENOMEM, "out of memory");
	else if (bd_names_init(&seal->names, err) == 0 && bd_summed_file_open(&seal->records, folder, err) == 0 &&
		 bd_payload_open(&seal->payload, folder, limit_bytes, err) == 0 &&
		 bd_seal_add(seal, ".", &root, err) == 0) {
		seal->dirs[0].implied = true;
		*seal_out = seal;
		return 0;
	}
	bd_seal_free(&seal);
	return -1;
}

void bd_seal_free(struct bd_seal **seal_pointer)
{
	struct bd_seal *seal = *seal_pointer;

	if (!seal)
		return;
	for (uint32_t i = 0; i < seal->dir_count; i++)
		free(seal->dirs[i].record);
	free(seal->dirs);
	free(seal->links);
	free(seal->symlinks);
	free(seal->targets);
	free(seal->record);
	free(seal->folder);
	bd_names_dispose(&seal->names);
	bd_summed_file_dispose(&seal->records);
	bd_summed_file_dispose(&seal->index);
	bd_payload_dispose(&seal->payload);
	free(seal);
	*seal_pointer = NULL;
}

void bd_seal_allow_repeating(struct bd_seal *seal)
{
	seal->repeating = true;
}

uint64_t bd_seal_repeated(const struct bd_seal *seal, const char **first_out)
{
	*first_out = seal->first_repeated;
	return seal->repeated;
}

int bd_seal_check_growth(const struct bd_seal *seal, uint64_t source_bytes, struct bd_error *err)
{
	uint64_t grown = seal->payload.file.size_bytes + seal->taken_bytes;

	if (seal->any_growth || grown <= BD_SEAL_GROWTH_FREE_BYTES ||
	    grown / BD_SEAL_GROWTH_RATIO <= seal->source_bytes + source_bytes)
		return 0;
	return bd_fail(err, EFBIG,
		       "it grows to more than %d times its size, as no system does; if this is wanted, say with --limit "
		       "how large it may become",
		       BD_SEAL_GROWTH_RATIO);
}

void bd_seal_end_source(struct bd_seal *seal, uint64_t source_bytes)
{
	seal->source_bytes += source_bytes;
}

void bd_seal_allow_any_growth(struct bd_seal *seal)
{
	seal->any_growth = true;
}

void bd_seal_allow_replacing(struct bd_seal *seal)
{
	seal->replacing = true;
	seal->names.layer++;
}

void bd_seal_begin_layer(struct bd_seal *seal)
{
	seal->layers = true;
	bd_seal_allow_replacing(seal);
}

static uint8_t type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return 1;
	case S_IFDIR:
		return 2;
	case S_IFCHR:
		return 3;
	case S_IFBLK:
		return 4;
	case S_IFIFO:
		return 5;
	case S_IFSOCK:
		return 6;
	case S_IFLNK:
		return 7;
	default:
		return 0;
	}
}

/* A record of its own, with one link, for the name. */
static int new_record(struct bd_seal *seal, uint32_t name, struct bd_error *err)
{
	if (seal->record_count == seal->link_capacity) {
		uint32_t capacity = seal->link_capacity ? seal->link_capacity + seal->link_capacity / 2 : 1024;
		uint32_t *grown = realloc(seal->links, capacity * sizeof(*grown));
		if (!grown)
			return bd_fail(err, ENOMEM, "out of memory");
		seal->links = grown;
		seal->link_capacity = capacity;
	}
	seal->links[seal->record_count] = 1;
	seal->names.names[name].inode = seal->record_count++;
	return 0;
}

/* The file that was begun is complete: its record goes out. */
static int end_file(struct bd_seal *seal, struct bd_error *err)
{
	if (!seal->in_file)
		return 0;
	seal->in_file = false;
	if (bd_payload_end_file(&seal->payload, err) != 0 ||
	    bd_seal_insert_extents(seal, seal->payload.extents, seal->payload.extent_count, err) != 0)
		return -1;
	return bd_summed_file_append(&seal->records, seal->record, seal->record_size, err);
}

static int check_meta(const struct bd_seal_meta *meta, struct bd_error *err)
{
	if (!type_of(meta->mode))
		return bd_fail(err, EINVAL, "it has no known type (mode %o)", (unsigned)meta->mode);
	if (S_ISREG(meta->mode) && meta->size_bytes > BD_PACK_FILE_BYTES_MAX)
		return bd_fail(err, EFBIG, "its %llu GiB are more than a file of the guest can have",
			       (unsigned long long)meta->size_bytes >> 30);
	if (S_ISLNK(meta->mode) &&
	    (!meta->target || !*meta->target || strlen(meta->target) > BD_PACK_TARGET_BYTES_MAX))
		return bd_fail(err, EINVAL, "a symbolic link's target has 1 to %d bytes", BD_PACK_TARGET_BYTES_MAX);
	return 0;
}

static bool has_children(const struct bd_seal *seal, uint32_t dir)
{
	for (uint32_t child = bd_seal_dir_of(seal, dir)->first_child; child != BD_NO_NAME;
	     child = seal->names.names[child].next)
		if (bd_names_type(&seal->names, child))
			return true;
	return false;
}

/* The place is free for the entry when this returns 0; 1: it is a directory that is there already. */
static int clear_place(struct bd_seal *seal, struct bd_seal_place *place, bool adds_dir, struct bd_error *err)
{
	if (place->name == BD_NO_NAME)
		return 0;
	if (adds_dir && bd_seal_is_dir(seal, place->name))
		return 1;
	if (!*place->text)
		return bd_fail(err, ENOTDIR, "the root of the filesystem is no directory");
	if (!seal->replacing && !seal->repeating)
		return bd_fail(err, EINVAL, "it comes twice");
	if (!seal->replacing && bd_seal_is_dir(seal, place->name) && has_children(seal, place->name))
		return bd_fail(err, EINVAL, "it comes twice, once as a directory with something in it");
	if (!seal->replacing && !seal->repeated++)
		bd_names_path(&seal->names, place->name, seal->first_repeated, sizeof(seal->first_repeated));
	bd_seal_remove_name(seal, place->name);
	place->name = BD_NO_NAME;
	return 0;
}

int bd_seal_add(struct bd_seal *seal, const char *path, const struct bd_seal_meta *meta, struct bd_error *err)
{
	struct bd_seal_place place;

	if (end_file(seal, err) != 0 || check_meta(meta, err) != 0 ||
	    bd_seal_find_place(seal, path, true, meta->mtime_s, &place, err) != 0)
		return -1;
	bool adds_dir = S_ISDIR(meta->mode);
	if (!*place.text && !seal->dir_count) /* the root itself, when the seal begins */
		return bd_seal_encode(seal, meta, err) == 0 ? bd_seal_new_dir(seal, 0, err) : -1;
	int there = clear_place(seal, &place, adds_dir, err);
	if (there < 0 || bd_seal_encode(seal, meta, err) != 0)
		return -1;
	seal->taken_bytes += ENTRY_BYTES + place.size + seal->record_size;
	if (there) {
		bd_seal_dir_of(seal, place.name)->implied = false;
		seal->names.names[place.name].layer = seal->names.layer;
		return bd_seal_set_dir_record(seal, bd_seal_dir_of(seal, place.name), err);
	}

	uint32_t name;
	if (bd_names_add(&seal->names, place.parent, place.text, place.size, type_of(meta->mode), &name, err) != 0)
		return -1;
	if (adds_dir ? bd_seal_new_dir(seal, name, err) != 0 : new_record(seal, name, err) != 0)
		return -1;
	bd_seal_append_child(seal, place.parent, name);
	if (adds_dir)
		return 0;
	if (S_ISLNK(meta->mode) && seal->layers &&
	    bd_seal_remember_symlink(seal, seal->names.names[name].inode, meta->target, err) != 0)
		return -1;
	if (!S_ISREG(meta->mode))
		return bd_summed_file_append(&seal->records, seal->record, seal->record_size, err);
	seal->in_file = true;
	seal->file_bytes = meta->size_bytes;
	bd_payload_begin_file(&seal->payload);
	return 0;
}

int bd_seal_data(struct bd_seal *seal, uint64_t offset_bytes, const void *data, size_t size_bytes,
		 struct bd_error *err)
{
	if (!seal->in_file)
		return bd_fail(err, EINVAL, "content without a file");
	if (offset_bytes > seal->file_bytes || size_bytes > seal->file_bytes - offset_bytes)
		return bd_fail(err, EINVAL, "it has more content than the size that it says");
	return bd_payload_write(&seal->payload, offset_bytes, data, size_bytes, err);
}

int bd_seal_link(struct bd_seal *seal, const char *path, const char *target_path, struct bd_error *err)
{
	struct bd_seal_place target, place;
	uint32_t name;

	if (end_file(seal, err) != 0)
		return -1;
	if (bd_seal_find_place(seal, target_path, false, 0, &target, err) != 0)
		return bd_wrap(err, "its hard link's other name");
	if (target.name == BD_NO_NAME)
		return bd_fail(err, EINVAL, "it is a hard link to %.200s, which is not there", target_path);
	if (bd_seal_is_dir(seal, target.name))
		return bd_fail(err, EINVAL, "it is a hard link to a directory");
	if (bd_seal_find_place(seal, path, true, 0, &place, err) != 0)
		return -1;
	seal->taken_bytes += ENTRY_BYTES + place.size;
	if (place.name == target.name)
		return 0; /* a layer repeats what is there */
	/* What gives way may be another name of the same file, or a directory that the other name is in. */
	uint32_t inode = seal->names.names[target.name].inode;
	uint8_t type = bd_names_type(&seal->names, target.name);
	seal->links[inode]++;
	if (clear_place(seal, &place, false, err) != 0 ||
	    bd_names_add(&seal->names, place.parent, place.text, place.size, type, &name, err) != 0) {
		seal->links[inode]--;
		return -1;
	}
	seal->names.names[name].inode = inode;
	bd_seal_append_child(seal, place.parent, name);
	return 0;
}

/* Directories that this layer has something in stay; what lower layers have in them goes. */
static int remove_lower(struct bd_seal *seal, uint32_t top, struct bd_error *err)
{
	BD_FREE uint32_t *waiting = NULL;
	size_t count = 0, capacity = 0;

	for (uint32_t dir = top;; dir = waiting[--count]) {
		for (uint32_t child = bd_seal_dir_of(seal, dir)->first_child, next; child != BD_NO_NAME;
		     child = next) {
			next = seal->names.names[child].next;
			if (!bd_names_type(&seal->names, child))
				continue;
			if (seal->names.names[child].layer < seal->names.layer) {
				bd_seal_remove_name(seal, child);
			} else if (bd_seal_is_dir(seal, child)) {
				uint32_t *grown = waiting;
				if (count == capacity) {
					capacity = capacity ? capacity * 2 : 64;
					grown = realloc(waiting, capacity * sizeof(*waiting));
				}
				if (!grown)
					return bd_fail(err, ENOMEM, "out of memory");
				waiting = grown;
				waiting[count++] = child;
			}
		}
		if (!count)
			return 0;
	}
}

int bd_seal_whiteout(struct bd_seal *seal, const char *path, bool children_only, struct bd_error *err)
{
	struct bd_seal_place place;
	uint32_t dir;

	if (children_only && seal->layers) {
		/* The directory that the whiteout itself is in, so a symlink to it counts. */
		if (end_file(seal, err) != 0 || bd_seal_find_dir(seal, path, &dir, err) != 0)
			return -1;
		return dir == BD_NO_NAME ? 0 : remove_lower(seal, dir, err);
	}

	seal->taken_bytes += ENTRY_BYTES;
	if (end_file(seal, err) != 0 || bd_seal_find_place(seal, path, false, 0, &place, err) != 0)
		return -1;
	if (place.name == BD_NO_NAME || (place.parent == BD_NO_NAME && *place.text))
		return 0;
	if (!children_only && *place.text && seal->names.names[place.name].layer < seal->names.layer)
		bd_seal_remove_name(seal, place.name);
	else if (bd_seal_is_dir(seal, place.name))
		return remove_lower(seal, place.name, err);
	return 0;
}

int bd_seal_remove(struct bd_seal *seal, const char *path, bool children_only, struct bd_error *err)
{
	struct bd_seal_place place;

	if (end_file(seal, err) != 0 || bd_seal_find_place(seal, path, false, 0, &place, err) != 0)
		return -1;
	if (place.name == BD_NO_NAME || (place.parent == BD_NO_NAME && *place.text))
		return 0;
	if (!children_only && *place.text)
		bd_seal_remove_name(seal, place.name);
	else if (bd_seal_is_dir(seal, place.name))
		bd_seal_remove_below(seal, place.name);
	return 0;
}

int bd_seal_finish(struct bd_seal *seal, struct bd_pack *pack_out, struct bd_seal_totals *totals_out,
		   struct bd_error *err)
{
	struct bd_seal_totals totals = { 0 };

	if (end_file(seal, err) != 0 || bd_summed_file_finish(&seal->records, NULL, err) != 0 ||
	    bd_summed_file_finish(&seal->payload.file, totals.payload_checksum, err) != 0 ||
	    bd_summed_file_open(&seal->index, seal->folder, err) != 0 || bd_seal_write_index(seal, &totals, err) != 0)
		return -1;
	totals.payload_bytes = seal->payload.file.size_bytes;
	int index_fd = fcntl(seal->index.fd, F_DUPFD_CLOEXEC, 0);
	int payload_fd = fcntl(seal->payload.file.fd, F_DUPFD_CLOEXEC, 0);
	if (index_fd < 0 || payload_fd < 0) {
		bd_fail_errno(err, "cannot read the template again");
		close(index_fd);
		close(payload_fd);
		return -1;
	}
	if (bd_pack_open(pack_out, index_fd, payload_fd, err) != 0)
		return -1;
	*totals_out = totals;
	return 0;
}

int bd_seal_publish(struct bd_seal *seal, int folder_fd, struct bd_error *err)
{
	if (bd_summed_file_publish(&seal->index, folder_fd, "tree", err) != 0)
		return -1;
	return bd_summed_file_publish(&seal->payload.file, folder_fd, "payload", err);
}
