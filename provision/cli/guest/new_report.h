/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `new` prints, for people and as JSON. */
#ifndef BD_CLI_GUEST_NEW_REPORT_H
#define BD_CLI_GUEST_NEW_REPORT_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/settings.h"
#include "ops/create/create.h"
#include "ops/fleet/differences.h"

int new_report_plan(const struct settings *settings, bool json, struct bd_error *err); /* --dry-run */
int new_report_done(const struct create_job *job, const struct create_outcome *outcome, bool json,
		    struct bd_error *err);
/* --if-absent, of a guest whose cfg is there: what that says. differences: from what was asked for; NULL: they were not looked for. */
int new_report_exists(const struct create_job *job, const struct fleet_differences *differences, bool json,
		      struct bd_error *err);

#endif
