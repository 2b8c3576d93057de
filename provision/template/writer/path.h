/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolves the paths of archives and layers to the places of their entries. */
#ifndef BD_TEMPLATE_WRITER_PATH_H
#define BD_TEMPLATE_WRITER_PATH_H

#include "base/err.h"
#include "template/writer/state.h"

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

#endif
