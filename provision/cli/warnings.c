/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the JSON member "warnings". */
#include "cli/warnings.h"

void warnings_put_json(struct bd_json *json, const struct bd_system *system, unsigned lacks, const char *who)
{
	char text[BD_LACK_TEXT_SIZE];

	bd_json_open_array(json, "warnings");
	for (unsigned i = 0; i < BD_LACK_COUNT; i++) {
		if (!(lacks & BD_LACK_BIT(i)))
			continue;
		bd_lack_format(system, (enum bd_lack)i, who, text);
		bd_json_open_object(json, NULL);
		bd_json_string(json, "id", bd_lack_id((enum bd_lack)i));
		bd_json_string(json, "message", text);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}
