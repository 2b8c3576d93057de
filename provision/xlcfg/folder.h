/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configs in a directory, which are the existing guests, running or not. */
#ifndef BD_XLCFG_FOLDER_H
#define BD_XLCFG_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "xlcfg/read.h"

/* The file is called as the guest is. It has a name and a path. */
bool bd_cfg_is_named_after_guest(const struct bd_cfg *cfg);
/* Both have one name, UUID and disks, whatever else they say. */
bool bd_cfg_is_same_guest(const struct bd_cfg *one, const struct bd_cfg *other);

/* All the guests of a folder: its *.cfg files that have a name, in the order of their file names. */
struct bd_cfgs {
	struct bd_cfg *items;
	size_t count;
	size_t *by_name; /* numbers of the items in the order of the guests' names; NULL: not sorted */
	char **unreadable; /* one line for each file that could not be read or parsed */
	size_t unreadable_count;
};

void bd_cfgs_dispose(struct bd_cfgs *cfgs); /* idempotent */
int bd_cfgs_read(const char *folder, struct bd_cfgs *cfgs_out, struct bd_error *err);
/* By the guest's name; NULL: none. Takes the time of a binary search where the cfgs came from bd_cfgs_read. */
const struct bd_cfg *bd_cfgs_find(const struct bd_cfgs *cfgs, const char *name);

#endif
