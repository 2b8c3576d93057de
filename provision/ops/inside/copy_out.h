/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes files of a stream, which an untrusted image fills, below a directory of this host. No symbolic link that is there or that
 * came with the stream is followed. */
#ifndef BD_OPS_INSIDE_COPY_OUT_H
#define BD_OPS_INSIDE_COPY_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "filestream/file_stream.h"
#include "import/first_names.h"

struct inside_copy_out {
	int base_fd; /* the directory under which all of it goes; owned */
	char *first_name; /* in the base: takes the place of the first component of each name; NULL: they stay; owned */
	bool recursive;
	char *parent; /* the directory that was used last, relative to the base; owned */
	int parent_fd;
	struct directory_to_finish *directories; /* created or met, whose metadata come last */
	size_t directory_count, directory_capacity;
	struct bd_first_names links;
	uint64_t streams, files; /* that came */
	uint64_t done_bytes;
	bool warned; /* of what could not be kept */
};

#define INSIDE_COPY_OUT_INIT \
	{ \
		.base_fd = -1, .parent_fd = -1 \
	}

void inside_copy_out_dispose(struct inside_copy_out *out); /* idempotent */

/* several: the destination has to be a directory that exists. */
int inside_copy_out_open(struct inside_copy_out *out, const char *destination, bool recursive, bool several,
			 struct bd_error *err);
int inside_copy_out_stream(struct inside_copy_out *out, struct bd_file_stream *stream, struct bd_error *err);
/* The metadata of directories, which writing into them would change. */
int inside_copy_out_finish(struct inside_copy_out *out, struct bd_error *err);

#endif
