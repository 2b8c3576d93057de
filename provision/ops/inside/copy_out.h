/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes files of a stream, which an untrusted image fills, below a directory of this host. No symbolic link that is there or that
 * came with the stream is followed, but for the destination itself. As cp(1) does, what cannot be created is reported, and the others
 * follow. */
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
	bool must_be_directory; /* what takes first_name: it was written with a slash behind it */
	bool leads_nowhere; /* first_name is a symbolic link to nothing */
	int through_fd; /* where first_name is a symbolic link to a file: the directory of that file; owned; -1: it is none */
	char *through_name; /* of the file; owned */
	void *tops; /* tsearch(3): the names of the files, not directories, that were put directly under the base; owned */
	char *parent; /* the directory that was used last, relative to the base; owned */
	int parent_fd;
	struct directory_to_finish *directories; /* created or met, whose metadata come last */
	size_t directory_count, directory_capacity;
	struct bd_first_names links;
	uint64_t streams, files; /* that came */
	uint64_t done_bytes;
	bool warned; /* of what could not be kept */
	char *skipped; /* the name of a directory that could not be created: what is below it is not tried; owned */
	bool stream_failed; /* there is nothing more to be had from it */
	struct bd_error first; /* of the errors that were reported; its code is 0 where there was none */
};

#define INSIDE_COPY_OUT_INIT \
	{ \
		.base_fd = -1, .through_fd = -1, .parent_fd = -1, .first = BD_ERROR_INIT \
	}

void inside_copy_out_dispose(struct inside_copy_out *out); /* idempotent */

/* several: the destination has to be a directory that exists. BD_KIND_EXISTS: it is a device or the like. */
int inside_copy_out_open(struct inside_copy_out *out, const char *destination, bool recursive, bool several,
			 struct bd_error *err);
/* Whatever is wrong with single files is reported; -1: with the stream as a whole. */
int inside_copy_out_stream(struct inside_copy_out *out, struct bd_file_stream *stream, const char *image,
			   struct bd_error *err);
/* Reports an error, and keeps the first one. */
void inside_copy_out_report(struct inside_copy_out *out, const struct bd_error *err);
/* The metadata of directories, which writing into them would change; also to be called after a failure. -1: something was reported;
 * the error is the first one, with nothing left to say. */
int inside_copy_out_finish(struct inside_copy_out *out, struct bd_error *err);

#endif
