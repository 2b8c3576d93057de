/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first name of each file that has several, so that the others can be made links to it. */
#ifndef BD_IMPORT_DISK_FIRST_NAMES_H
#define BD_IMPORT_DISK_FIRST_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_first_name {
	uint64_t inode; /* 0: the slot is empty */
	char *path; /* owned; NULL once all names were seen */
	uint32_t names_left;
};

/* A hash table by inode number, which is never 0. Memory goes with the files whose names are not all seen yet. */
struct bd_first_names {
	struct bd_first_name *slots;
	size_t size, used; /* size: a power of two, or 0 */
};

void bd_first_names_init(struct bd_first_names *names);
void bd_first_names_dispose(struct bd_first_names *names); /* idempotent */

/* To be called with each name of an inode that has `links` (over 1) of them. *first_out: NULL when this is the first
 * one; else the first one, which the caller frees. */
int bd_first_names_visit(struct bd_first_names *names, uint64_t inode, uint32_t links, const char *path,
			 char **first_out, struct bd_error *err);

#endif
