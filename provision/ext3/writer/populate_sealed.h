/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a sealed template into the filesystem. */
#ifndef BD_EXT3_WRITER_POPULATE_SEALED_H
#define BD_EXT3_WRITER_POPULATE_SEALED_H

#include "base/err.h"
#include "ext3/writer/populate_state.h"

/* What a template's files need, and what they have in addition to their content. */
struct bd_base_needs {
	uint64_t blocks; /* all of them */
	uint64_t index_blocks; /* those of block maps */
	uint64_t content_blocks;
};

int bd_populate_sealed_needs(struct bd_populate *populate, struct bd_base_needs *needs_out, struct bd_error *err);
int bd_populate_sealed_dirs(struct bd_populate *populate, struct bd_error *err);
int bd_populate_sealed_files(struct bd_populate *populate, struct bd_error *err);
int bd_populate_late_dirs(struct bd_populate *populate, struct bd_error *err);

#endif
