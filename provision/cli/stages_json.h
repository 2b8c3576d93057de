/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "stages" of --json: what a start has spent its time on. */
#ifndef BD_CLI_STAGES_JSON_H
#define BD_CLI_STAGES_JSON_H

#include "base/json.h"
#include "ops/host/stages.h"

/* seconds: of struct boot_stages. Nothing where there was no stage. */
void stages_json(struct bd_json *json, const float seconds[BOOT_STAGE_COUNT]);

#endif
