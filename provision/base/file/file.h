/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole reads and writes, and randomness. */
#ifndef BD_BASE_FILE_FILE_H
#define BD_BASE_FILE_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"

/* what: names the file in the message. */
int bd_pwrite_all(int fd, const void *data, size_t size_bytes, uint64_t offset_bytes, const char *what,
		  struct bd_error *err);

/* Reads until there is all of it, or the file ends: the bytes that there were, fewer only at the end. -1: errno. */
ssize_t bd_pread_full(int fd, void *data_out, size_t size_bytes, uint64_t offset_bytes);
/* All of it; EIO where the file ends before. what: names it in the message. */
int bd_pread_all(int fd, void *data_out, size_t size_bytes, uint64_t offset_bytes, const char *what,
		 struct bd_error *err);

/* Gives a file that has no name (O_TMPFILE) one in the folder, where it replaces nothing. -1: errno. */
int bd_link_unnamed(int fd, int folder_fd, const char *name);

/* open(2), which waits for a writer where path is a FIFO; a signal ends that: BD_KIND_CANCELED. Returns the descriptor. */
int bd_open_for_reading(const char *path, struct bd_error *err);

/* The whole file, with a NUL behind it that size_bytes_out (which may be NULL) does not count; the caller frees.
 * EFBIG when it is larger than limit_bytes. */
int bd_read_file(const char *path, size_t limit_bytes, char **data_out, size_t *size_bytes_out, struct bd_error *err);

/* To read the entries of an open folder from the first one on, by a descriptor of its own. NULL: errno says why. */
DIR *bd_open_entries(int folder_fd);

/* Whether there is something of that name; a symbolic link is, wherever it leads. Fails where that cannot be told, as in a
 * folder that may not be searched: what cannot be seen is not taken for absent. */
int bd_path_is_there(const char *path, bool *there_out, struct bd_error *err);

/* Whether both names lead to one file. A name that leads nowhere is no other's; fails where that cannot be told. */
int bd_path_is_same(const char *one, const char *other, bool *same_out, struct bd_error *err);

/* Whether path, which may be NULL, leads to the file; false where that cannot be told. */
bool bd_path_leads_to(const char *path, const struct stat *file);

/* Which file it is, whatever path leads to it. */
struct bd_file_id {
	dev_t device;
	ino_t inode;
};

int bd_file_id_compare(const void *one,
		       const void *other); /* of two struct bd_file_id, for qsort(3) and bsearch(3) */

struct statvfs;
/* What may still be written to a filesystem: some of it is kept for root. */
uint64_t bd_free_bytes(const struct statvfs *room);

/* From the kernel; what belongs into a guest comes from base/random.h. */
int bd_random_bytes(void *out, size_t size_bytes, struct bd_error *err);

#endif
