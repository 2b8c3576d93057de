/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of an ext2, ext3 or ext4 filesystem, read by whoever has its disk open, and told by where on the disk they are. In a sandboxed
 * process: it needs lseek(2) and read(2) only. */
#ifndef BD_INSIDE_FILE_PLACES_H
#define BD_INSIDE_FILE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/parse.h"

struct bd_places_fs;

/* fd: of the disk, borrowed until it is closed; its offset moves. The filesystem begins at offset_bytes; the disk has disk_bytes. It is
 * read as after a replay of its journal. *may_be_old_out: it needs one, and the journal cannot be replayed. */
int bd_places_open(int fd, uint64_t offset_bytes, uint64_t disk_bytes, struct bd_places_fs **fs_out,
		   bool *may_be_old_out, struct bd_error *err);
void bd_places_close(struct bd_places_fs **fs); /* for BD_DISPOSE; idempotent */

/* Where content goes, from the beginning of the file to its end, without a gap. Each returns 0, or -1, which ends it. */
struct bd_places_sink {
	int (*range)(void *context, uint64_t disk_bytes, uint64_t size_bytes,
		     struct bd_error *err); /* bytes of the disk */
	int (*zeros)(void *context, uint64_t size_bytes, struct bd_error *err);
	/* What the disk does not have as it is: in an inode, or in the journal. offset_bytes: of the file. */
	int (*data)(void *context, uint64_t offset_bytes, const void *data, size_t size_bytes, struct bd_error *err);
	void *context;
};

/* *type_out: 'f' a regular file, 'd' a directory, '\0' something else. Links as below. BD_KIND_NOT_FOUND: there is nothing of that name. */
int bd_places_look(struct bd_places_fs *fs, const char *path, char *type_out, struct bd_error *err);
/* The names in a directory, without "." and "..". visit returns 0, or -1, which ends it. ENOTDIR: it is none. */
int bd_places_list(struct bd_places_fs *fs, const char *path,
		   int (*visit)(void *context, const char *name, struct bd_error *err), void *context,
		   struct bd_error *err);

/* Its UUID as text, and its label, which may have any bytes. */
void bd_places_identity(const struct bd_places_fs *fs, char uuid_out[BD_UUID_TEXT_SIZE], char label_out[17]);

/* A regular file; symbolic links are followed inside the filesystem. BD_KIND_NOT_FOUND: there is none of that name. EINVAL: it is
 * something else. */
int bd_places_find(struct bd_places_fs *fs, const char *path, uint64_t *size_bytes_out, struct bd_error *err);
/* A part of the content of what was found last, which lies within the file; `data` gets offsets from the file's beginning as well. */
int bd_places_read_part(struct bd_places_fs *fs, uint64_t begin_bytes, uint64_t size_bytes,
			const struct bd_places_sink *sink, struct bd_error *err);
/* The same into memory. */
int bd_places_read_bytes(struct bd_places_fs *fs, uint64_t begin_bytes, size_t size_bytes, void *data_out,
			 struct bd_error *err);

#endif
