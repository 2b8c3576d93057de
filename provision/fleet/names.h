/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hashed set of names, numbered in the order of insertion. */
#ifndef BD_FLEET_NAMES_H
#define BD_FLEET_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BD_FLEET_NO_NAME SIZE_MAX

/* Zeroed: empty. Names are borrowed. */
struct bd_fleet_names {
	const char **names;
	size_t count;
	size_t *table; /* a name's number and 1; 0: free */
	size_t table_size; /* a power of two */
};

/* number_out: the name's, also when it was there (new_out is false then). ENOMEM. */
int bd_fleet_names_add(struct bd_fleet_names *names, const char *name, size_t *number_out, bool *new_out,
		       struct bd_error *err);
/* BD_FLEET_NO_NAME: it is not there. */
size_t bd_fleet_names_find(const struct bd_fleet_names *names, const char *name);
void bd_fleet_names_dispose(struct bd_fleet_names *names); /* idempotent */

#endif
