/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Divides the rows. */
#include "bootloader/menu/layout.h"

#include <stdbool.h>

/* From how many rows on there is each part. */
#define STATUS_FROM 2
#define DETAILS_FROM 4
#define HEADING_FROM 6
#define HELP_FROM 7
#define GAPS_FROM 10 /* empty rows above and below the body */

struct bd_layout bd_layout_make(size_t rows, size_t wanted)
{
	bool has_gaps = rows >= GAPS_FROM;
	size_t next = 0, others = (rows >= STATUS_FROM) + (rows >= DETAILS_FROM) + (rows >= HEADING_FROM) +
				  (rows >= HELP_FROM) + 2 * has_gaps;
	struct bd_layout layout;

	layout.heading = rows >= HEADING_FROM ? next++ : BD_LAYOUT_NONE;
	next += has_gaps;
	layout.body = next;
	layout.body_rows = wanted < rows - others ? wanted : rows - others;
	next += layout.body_rows + has_gaps;
	layout.details = rows >= DETAILS_FROM ? next++ : BD_LAYOUT_NONE;
	layout.help = rows >= HELP_FROM ? next++ : BD_LAYOUT_NONE;
	layout.status = rows >= STATUS_FROM ? next++ : BD_LAYOUT_NONE;
	return layout;
}
