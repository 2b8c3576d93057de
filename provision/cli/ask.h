/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the user for confirmation before something that cannot be undone. */
#ifndef BD_CLI_ASK_H
#define BD_CLI_ASK_H

#include <stdbool.h>

#include "base/err.h"

/* BD_EUSAGE where stdin or stderr is no terminal, unless yes: to be said before any work. */
int bd_ask_check(bool yes, struct bd_error *err);

/* Asks "QUESTION [y/N] "; with yes does nothing. 0: "y" or "yes" was answered, and nothing else on that line;
 * BD_ECANCELED: anything else was, or a signal came; BD_EUSAGE: as bd_ask_check. */
int bd_ask(const char *question, bool yes, struct bd_error *err);

#endif
