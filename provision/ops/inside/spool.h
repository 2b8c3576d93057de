/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are to be put into an image: their metadata in memory, the content of those that do not lie on this host in an
 * unnamed temporary file. */
#ifndef BD_OPS_INSIDE_SPOOL_H
#define BD_OPS_INSIDE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "filestream/file_stream.h"
#include "import/first_names.h"
#include "inside/change/request.h"

struct inside_spool_item;

struct inside_spool {
	const char *path; /* in the image, borrowed: where all of it goes */
	bool must_be_directory; /* path has to be one */
	bool makes_parents; /* an archive need not have them */
	int64_t uid, gid; /* of all files; -1: each keeps its own */
	struct inside_spool_item **items; /* owned */
	size_t count, capacity;
	int fd; /* of the temporary file; owned */
	uint64_t end_bytes; /* of it */
	uint64_t content_bytes; /* of all files */
	struct bd_first_names links;
	uint64_t streams; /* that were read: each has inode numbers of its own */
};

#define INSIDE_SPOOL_INIT \
	{ \
		.uid = -1, .gid = -1, .fd = -1 \
	}

void inside_spool_dispose(struct inside_spool *spool); /* idempotent */

/* All that comes out of the stream. What it names at the top, and not what is below that, keeps the last component of its path only;
 * of "/" what is in it goes to path. is_archive: the paths are relative, and all are kept. progress: of bytes of content. */
int inside_spool_stream(struct inside_spool *spool, struct bd_file_stream *stream, bool is_archive,
			bd_progress_report progress, struct bd_error *err);

/* A file of this host, or a directory with what is in it. Not recursive: a symbolic link is followed, and what is no regular file
 * is refused. EISDIR. */
int inside_spool_host(struct inside_spool *spool, const char *host_path, bool recursive, struct bd_error *err);

/* The changes that put all of it there, in order; the caller frees the array, whose pointers are the spool's. */
int inside_spool_changes(struct inside_spool *spool, struct bd_change **changes_out, struct bd_error *err);

#endif
