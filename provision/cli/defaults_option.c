/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the host's defaults for a command. */
#include "cli/defaults_option.h"

#include <string.h>

int defaults_option_read(bool no_defaults, struct bd_host_defaults *defaults, struct bd_error *err)
{
	if (no_defaults || bd_host_defaults_read(defaults, err) == 0)
		return 0;
	if (!defaults->path || !strstr(err->message, defaults->path)) /* as without memory */
		return -1;
	return bd_fail_as(err, err, "%s (--no-defaults ignores this file)", err->message);
}
