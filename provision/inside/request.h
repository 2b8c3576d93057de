/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be read out of a filesystem inside an image. */
#ifndef BD_INSIDE_REQUEST_H
#define BD_INSIDE_REQUEST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BD_INSIDE_ALL UINT_MAX

/* What reading a whole filesystem means for the progress of something larger: it goes from begin_bytes on by size_bytes. */
struct bd_inside_progress {
	uint64_t begin_bytes, size_bytes; /* size_bytes 0: by the size of the image */
};

/* Everything is borrowed. */
struct bd_inside_request {
	int partition; /* as the kernel counts them; 0: the only ext filesystem, or the only one with a root in it */
	/* Absolute paths. A component that is not there by this very name is a glob(7) pattern where it has * ? or [. Symbolic
	 * links on the way are followed inside the filesystem. */
	const char *const *paths;
	size_t path_count;
	unsigned
		depth; /* 0: what the paths name; 1: and the entries of directories among it; BD_INSIDE_ALL: all below */
	bool follow; /* a symbolic link that a path names, not those found below it */
	bool content; /* of regular files */
	bool whole; /* for a copy of the whole filesystem: it must have been unmounted cleanly or have a journal that tells, and have no
		     * errors, no directory may have two names, an empty /lost+found is left out, and progress is sent */
	struct bd_inside_progress progress; /* of whole */
	uint64_t tail_bytes; /* of content: these last bytes suffice; 0: all of it */
};

/* Notes at the end of the stream (bd_file_stream_notes). */
#define BD_INSIDE_NOTE_NOT_UNMOUNTED \
	2u /* and its journal could not be read through: the latest changes may be missing */
#define BD_INSIDE_NOTE_HAS_ERRORS 4u /* it is marked as having errors */
#define BD_INSIDE_NOTE_REPLAYED 8u /* it was read as it will be after its journal has been replayed */

#endif
