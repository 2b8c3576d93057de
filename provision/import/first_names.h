/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first name of each file that has several, so that the others can be made links to it. */
#ifndef BD_IMPORT_FIRST_NAMES_H
#define BD_IMPORT_FIRST_NAMES_H

#include <stdint.h>

#include "base/err.h"

/* A tree of search.h, by device and inode. Zeroed: empty. A path's memory goes when all names of its file were seen. */
struct bd_first_names {
	void *root;
};

void bd_first_names_dispose(struct bd_first_names *names); /* idempotent */

/* To be called with each name of a file that has `links` (over 1) of them. *first_out: NULL when this is the first
 * one; else the first one, which the caller frees. */
int bd_first_names_visit(struct bd_first_names *names, uint64_t device, uint64_t inode, uint32_t links,
			 const char *path, char **first_out, struct bd_error *err);

/* The name that came last, and first of its file, is of no use: the next one is to be the first. */
void bd_first_names_forget(struct bd_first_names *names, uint64_t device, uint64_t inode);

#endif
