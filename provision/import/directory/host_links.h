/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files of the host with several names have been met, and by which name first. */
#ifndef BD_IMPORT_DIRECTORY_HOST_LINKS_H
#define BD_IMPORT_DIRECTORY_HOST_LINKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_host_link {
	uint64_t device, inode;
	char *path; /* NULL: a free place of the table */
};

struct bd_host_links {
	struct bd_host_link *table; /* hashed */
	size_t count, size; /* size: a power of two, or 0 */
};

void bd_host_links_init(struct bd_host_links *links);
void bd_host_links_dispose(struct bd_host_links *links); /* idempotent */

/* first_out: the path that it was met by before; NULL: it is new, and is known as path from now on. */
int bd_host_links_meet(struct bd_host_links *links, uint64_t device, uint64_t inode, const char *path,
		       const char **first_out, struct bd_error *err);

#endif
