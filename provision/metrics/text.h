/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text form in which Prometheus reads metrics ("exposition formats" of its documentation, text format 0.0.4): families, each
 * with its HELP and TYPE, and their samples. */
#ifndef BD_METRICS_TEXT_H
#define BD_METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum bd_metric_type { BD_METRIC_GAUGE, BD_METRIC_COUNTER };

/* Zeroed at the begin. */
struct bd_metrics {
	char *text; /* owned */
	size_t used, room;
	const char *name; /* of the family whose samples come now; borrowed */
	bool out_of_memory;
};

void bd_metrics_dispose(struct bd_metrics *metrics); /* idempotent */

/* A label's value may be any bytes: those that are no UTF-8, for which Prometheus would
 * refuse all of the text, and control characters become \xHH, and what is \xHH already becomes \x5cxHH. */
struct bd_metric_label {
	const char *name, *value; /* value NULL: as "" */
};

/* Begins a family. name: borrowed until the next; a counter's ends in _total. The help is one line. */
void bd_metrics_family(struct bd_metrics *metrics, enum bd_metric_type type, const char *name, const char *help);

/* A sample of the family; a label without a name ends the list, which may be NULL. No two of a family may have the same labels. */
void bd_metrics_uint(struct bd_metrics *metrics, const struct bd_metric_label *labels, uint64_t value);
void bd_metrics_double(struct bd_metrics *metrics, const struct bd_metric_label *labels, double value);

/* Takes the text; the caller frees. */
int bd_metrics_finish(struct bd_metrics *metrics, char **text_out, struct bd_error *err);

#endif
