/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rm` of files inside images; that of guests is cli/guest/rm.c, which comes here for a path. */
#ifndef BD_CLI_INSIDE_RM_H
#define BD_CLI_INSIDE_RM_H

#include <stdbool.h>

#include "base/err.h"

/* Whether arguments name paths inside images. BD_EUSAGE (-1): some do, and some do not. */
int inside_rm_is_meant(char **arguments, bool *is_meant_out, struct bd_error *err);

struct inside_rm {
	const char *dir;
	bool recursive, force;
};

int inside_rm(const struct inside_rm *rm, char **arguments, struct bd_error *err);

#endif
