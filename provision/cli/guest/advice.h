/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps the remedies that an operation suggests to the commands that apply them. */
#ifndef BD_CLI_GUEST_ADVICE_H
#define BD_CLI_GUEST_ADVICE_H

#include "base/err.h"

/* Adds the command to an error that has a remedy (ops/guest/names.h). Always -1. */
int guest_advise(const char *cfg_path, struct bd_error *err);

#endif
