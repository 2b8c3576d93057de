/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the writer share: writer.c takes entries, index.c writes the index. */
#ifndef BD_TEMPLATE_WRITER_PARTS_H
#define BD_TEMPLATE_WRITER_PARTS_H

#include "template/writer/names.h"
#include "template/writer/payload.h"
#include "template/writer/writer.h"

/* The inode number of a name while it is written: a directory's place in `dirs`, or which record of `records` it is. */
#define BD_SEALED_WRITER_DIR 0x80000000u

struct bd_sealed_writer_dir {
	uint8_t *record; /* its inode record */
	uint32_t record_size;
	uint32_t name, first_child, last_child;
	uint32_t number; /* in the index, once it is known */
	bool implied; /* made because something is in it */
};

/* Where a symlink leads to: in `targets`, terminated. By rising record. */
struct bd_sealed_writer_symlink {
	uint32_t record, target;
};

struct bd_sealed_writer {
	char *folder;
	struct bd_names names;
	struct bd_sealed_writer_dir *dirs;
	uint32_t dir_count;
	uint32_t *links; /* of each record; 0: it is gone */
	uint32_t record_count;
	struct bd_summed_file records; /* inode records of what is no directory, in the order in which they came */
	struct bd_payload payload;
	struct bd_summed_file index;
	bool layers; /* paths are those of layers, and the targets of symlinks are remembered */
	struct bd_sealed_writer_symlink *symlinks;
	size_t symlink_count;
	char *targets;
	size_t targets_size, targets_capacity;
	bool replacing, repeating, any_growth;
	uint64_t repeated;
	char first_repeated[200];
	uint64_t taken_bytes; /* in memory and records, of all that was added */
	uint64_t source_bytes; /* of the archives that are done */
	bool in_file; /* a regular file was added whose record is not written yet */
	uint64_t file_bytes;
	uint8_t *record; /* what is being encoded */
	size_t record_size, record_capacity;
};

/* In dirs.c. A name is that of a directory where one is asked for. */
bool bd_sealed_writer_is_dir(const struct bd_sealed_writer *writer, uint32_t name);
struct bd_sealed_writer_dir *bd_sealed_writer_dir_of(const struct bd_sealed_writer *writer, uint32_t name);
void bd_sealed_writer_append_child(struct bd_sealed_writer *writer, uint32_t parent, uint32_t child);
int bd_sealed_writer_set_dir_record(struct bd_sealed_writer *writer, struct bd_sealed_writer_dir *dir,
				    struct bd_error *err);
int bd_sealed_writer_new_dir(struct bd_sealed_writer *writer, uint32_t name, struct bd_error *err);
void bd_sealed_writer_remove_below(struct bd_sealed_writer *writer, uint32_t top);
void bd_sealed_writer_remove_name(struct bd_sealed_writer *writer, uint32_t name);

/* In place.c. */

/* Where a path leads: its directory, and its last name; text is "" for the root. */
struct bd_sealed_writer_place {
	uint32_t parent, name; /* name: BD_NO_NAME when it is not there */
	const char *text;
	size_t size;
};
/* make: directories on the way are made when they are missing (else the place has no parent then). */
int bd_sealed_writer_find_place(struct bd_sealed_writer *writer, const char *path, bool make, int64_t mtime_s,
				struct bd_sealed_writer_place *place_out, struct bd_error *err);
/* Of layers: the directory that a path leads to, the last name followed too; BD_NO_NAME when there is none. */
int bd_sealed_writer_find_dir(struct bd_sealed_writer *writer, const char *path, uint32_t *name_out,
			      struct bd_error *err);

/* In symlinks.c, for layers: remembers where the symlink of a record leads to; NULL: the name is no symlink. */
int bd_sealed_writer_remember_symlink(struct bd_sealed_writer *writer, uint32_t record, const char *target,
				      struct bd_error *err);
const char *bd_sealed_writer_symlink_target(const struct bd_sealed_writer *writer, uint32_t name);

/* In record.c: the record of an inode, in writer->record; extents come later, into the middle. */
int bd_sealed_writer_encode(struct bd_sealed_writer *writer, const struct bd_file_meta *meta, struct bd_error *err);
int bd_sealed_writer_insert_extents(struct bd_sealed_writer *writer, const struct bd_extent *extents, size_t count,
				    struct bd_error *err);

/* In index.c. */
int bd_sealed_writer_write_index(struct bd_sealed_writer *writer, struct bd_sealed_writer_totals *totals_out,
				 struct bd_error *err);

#endif
