/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the sandboxed reader of a guest's root filesystem, and what it answers. */
#ifndef BD_INSIDE_ROOT_FRAME_H
#define BD_INSIDE_ROOT_FRAME_H

#include <stdint.h>

enum bd_root_question {
	BD_ROOT_LOOK,
	BD_ROOT_RESOLVE_PARENTS,
	BD_ROOT_READ_FILE,
	BD_ROOT_READ_LABEL,
	BD_ROOT_READ_LINK,
	BD_ROOT_LIST
};

/* As struct bd_root_reader has it; the path follows, without a NUL. */
struct bd_root_request {
	uint32_t question; /* enum bd_root_question */
	uint32_t follow;
	uint64_t limit_bytes;
	uint32_t path_bytes;
};

/* Frames beside BD_FRAME_ERROR (filestream/frame.h), which can be the answer to everything. */
enum bd_root_frame {
	BD_ROOT_FRAME_FILESYSTEM =
		140, /* the first one: 16 bytes: UUID; 16 bytes: label; 64: its size; 32: UUID in checksums, was replayed */
	BD_ROOT_FRAME_FACTS, /* 32: mode, uid, gid; 64: size */
	BD_ROOT_FRAME_PATH, /* text */
	BD_ROOT_FRAME_FILE, /* 32: it is a regular file; 64: its size. Its content follows in frames BD_FRAME_DATA */
	BD_ROOT_FRAME_LABEL, /* 32: there is one; then its value */
	BD_ROOT_FRAME_LINK, /* text: the target; "": it is no symlink */
	BD_ROOT_FRAME_NAME, /* 32: type; text */
	BD_ROOT_FRAME_NAMES_END,
};

#endif
