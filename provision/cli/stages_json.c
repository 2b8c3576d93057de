/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the stages of a start as JSON. */
#include "cli/stages_json.h"

#include <stdbool.h>

void stages_json(struct bd_json *json, const float seconds[BOOT_STAGE_COUNT])
{
	bool any = false;

	for (int stage = 0; stage < BOOT_STAGE_COUNT; stage++) {
		if (!(seconds[stage] > 0))
			continue;
		if (!any)
			bd_json_open_array(json, "stages");
		any = true;
		bd_json_open_object(json, NULL);
		bd_json_string(json, "stage", boot_stage_name(stage));
		bd_json_double(json, "seconds", (double)seconds[stage]);
		bd_json_close_object(json);
	}
	if (any)
		bd_json_close_array(json);
}
