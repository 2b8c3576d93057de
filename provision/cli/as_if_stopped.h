/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option --as-if-stopped of the commands that plan a change of a guest for when it does not run. */
#ifndef BD_CLI_AS_IF_STOPPED_H
#define BD_CLI_AS_IF_STOPPED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/command.h"

/* The row of a command whose struct `type` has a bool as_if_stopped. */
#define AS_IF_STOPPED_ROW(type) \
	{ \
		BD_OPTION_FLAG, "as-if-stopped", NULL, \
			"with --dry-run, of a guest that runs: check what would be done after it was stopped", \
			offsetof(type, as_if_stopped) \
	}

static inline int as_if_stopped_check(bool as_if_stopped, bool dry_run, struct bd_error *err)
{
	return as_if_stopped && !dry_run ? bd_usage(err, "--as-if-stopped is for --dry-run") : 0;
}

#endif
