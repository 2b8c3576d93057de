/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics of guests. */
#ifndef BD_OPS_METRICS_GUESTS_H
#define BD_OPS_METRICS_GUESTS_H

#include "metrics/text.h"
#include "ops/metrics/scrape.h"

void metrics_put_guests(struct bd_metrics *metrics, const struct scrape *scrape);

#endif
