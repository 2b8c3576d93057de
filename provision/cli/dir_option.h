/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option --dir of the commands that take GUEST or IMAGE: where the guest's cfg lies. */
#ifndef BD_CLI_DIR_OPTION_H
#define BD_CLI_DIR_OPTION_H

#include <stddef.h>

#include "cli/command.h"

/* The row of a command whose struct `type` has a const char *dir. */
#define DIR_OPTION_ROW(type) \
	{ \
		BD_OPTION_TEXT, "dir", "DIR", "the folder of NAME.cfg [" BD_SYSCONFDIR "/xen]", offsetof(type, dir) \
	}

#endif
