/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `clone` prints, for people and as JSON. */
#ifndef BD_CLI_GUEST_CLONE_REPORT_H
#define BD_CLI_GUEST_CLONE_REPORT_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/clone/clone.h"

int clone_report_plan(const struct clone_job *job, bool json, struct bd_error *err); /* --dry-run */
int clone_report_done(const struct clone_job *job, const struct create_outcome *outcome, bool json,
		      struct bd_error *err);

#endif
