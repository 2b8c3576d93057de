/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shell completion of commands, options and their values. */
#ifndef BD_CLI_COMPLETION_H
#define BD_CLI_COMPLETION_H

#include <stdio.h>

#include "base/err.h"

/* The completion script of "bash" or "zsh". */
int bd_completion(const char *shell, FILE *out, struct bd_error *err);

#endif
