/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of the writer of the sealed form between two entries: its memory and its unnamed files. It is for the
 * parts of the writer; users of the writer include template/writer/writer.h. */
#ifndef BD_TEMPLATE_WRITER_STATE_H
#define BD_TEMPLATE_WRITER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "template/disk/seal.h"
#include "template/manifest.h"
#include "template/writer/form.h"
#include "template/writer/names.h"
#include "template/writer/payload.h"

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
	bool *empty; /* of each record: a regular file without content */
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
	uint64_t packed_bytes; /* of what another program unpacks; 0: none does */
	bool in_file; /* a regular file was added whose record is not written yet */
	uint64_t file_bytes;
	uint8_t *record; /* what is being encoded */
	size_t record_size, record_capacity;
	enum bd_sealed_writer_form form;
	bool has_disk; /* it is one, and no entries */
	struct bd_sealed_disk disk;
	struct bd_manifest_disk disk_facts;
	bool has_disk_system; /* it is known */
	struct bd_system disk_system;
};

#endif
