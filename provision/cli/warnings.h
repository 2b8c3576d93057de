/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON member "warnings" of what was created: what it lacks for booting and being reached. */
#ifndef BD_CLI_WARNINGS_H
#define BD_CLI_WARNINGS_H

#include "base/json.h"
#include "template/manifest.h"

/* lacks: those of the system that concern who. An array of objects with "id" and "message"; empty: there are none. */
void warnings_put_json(struct bd_json *json, const struct bd_system *system, unsigned lacks, const char *who);

#endif
