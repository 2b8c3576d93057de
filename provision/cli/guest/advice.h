/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what an operation on a guest says would help to the command that does it. */
#ifndef BD_CLI_GUEST_ADVICE_H
#define BD_CLI_GUEST_ADVICE_H

#include "base/err.h"

/* Adds the command to an error that has a remedy (ops/guest/names.h). Always -1. */
int guest_advise(const char *cfg_path, struct bd_error *err);

#endif
