/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what a partition table names to regions that cover the whole disk. Pure. */
#ifndef BD_INSIDE_SURVEY_REGIONS_H
#define BD_INSIDE_SURVEY_REGIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "inside/survey/facts.h"

/* Sorts the regions by where they begin, leaves out those of no size, marks those that overlap or reach behind size_bytes, and
 * puts one that is unused where there is none. The array moves. */
int bd_survey_fill(struct bd_survey_region **regions, size_t *count, uint64_t size_bytes, struct bd_error *err);

#endif
