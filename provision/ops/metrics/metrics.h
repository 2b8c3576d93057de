/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This host's guests, templates and state as metrics for Prometheus. What cannot be read is missing from them, and counted
 * among them: a host on which something is wrong is not one of which nothing is known. */
#ifndef BD_OPS_METRICS_METRICS_H
#define BD_OPS_METRICS_METRICS_H

#include <stdbool.h>

#include "base/err.h"

struct metrics_request {
	const char *dir; /* of the configs, and then of the images; NULL: the system's */
	const char *templates; /* NULL: the usual folder */
	bool no_doctor; /* leaves out what doctor finds, which takes longest */
};

/* The text (metrics/text.h); the caller frees. What could not be read is told by bd_info, too. Fails without memory only. */
int metrics_make(const struct metrics_request *request, char **text_out, struct bd_error *err);

#endif
