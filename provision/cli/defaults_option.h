/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option --no-defaults of the commands that make guests. */
#ifndef BD_CLI_DEFAULTS_OPTION_H
#define BD_CLI_DEFAULTS_OPTION_H

#include <stddef.h>

#include "cli/command.h"
#include "fleet/host_defaults.h"

/* The row of a command whose struct `type` has a bool as this member; what: what the defaults are for. */
#define DEFAULTS_OPTION_ROW(type, member, what) \
	{ \
		BD_OPTION_FLAG, "no-defaults", NULL, \
			"do not read " BD_SYSCONFDIR "/xen-bigdisk/defaults.json, this host's defaults for " what, \
			offsetof(type, member) \
	}

/* Reads them unless they are not wanted; the error names the option. */
int defaults_option_read(bool no_defaults, struct bd_host_defaults *defaults, struct bd_error *err);

#endif
