/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completing commands, options and their values in a shell. */
#ifndef BD_CLI_COMPLETION_H
#define BD_CLI_COMPLETION_H

#include <stdio.h>

#include "base/err.h"

/* The completion script of "bash" or "zsh". */
int bd_completion(const char *shell, FILE *out, struct bd_error *err);

#endif
