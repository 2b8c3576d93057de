/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of `list`, `template list`, `fleet status` and `fleet plan`. If a terminal is too narrow, columns are
 * dropped before lines would wrap; a line that is still too wide continues on the next one, and nothing is
 * truncated. Elsewhere every column is printed. */
#ifndef BD_CLI_TABLE_H
#define BD_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

struct bd_column {
	const char *title;
	bool to_the_right; /* numbers */
	bool is_state; /* "running", "create" and the like, which have colours */
	bool if_any; /* left out where no row has anything in it */
	int rank; /* 0: always there; of the others the highest is left out first */
};

struct bd_table {
	const struct bd_column *columns; /* borrowed */
	size_t column_count;
	char **cells; /* printable; row by row */
	size_t row_count, room; /* room: for cells */
};

void bd_table_init(struct bd_table *table, const struct bd_column *columns, size_t column_count);
void bd_table_dispose(struct bd_table *table);

/* cells: a text for each column, copied; NULL and "" are printed as "-". */
int bd_table_add(struct bd_table *table, const char *const *cells, struct bd_error *err);

/* A row of which only the first cells are in their columns; text follows, and no column gets wider for it. count: at most two
 * fewer than there are columns. */
int bd_table_add_text(struct bd_table *table, const char *const *cells, size_t count, const char *text,
		      struct bd_error *err);

void bd_table_print(const struct bd_table *table, FILE *out);

#endif
