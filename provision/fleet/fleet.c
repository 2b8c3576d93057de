/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks up settings, and frees a fleet. */
#include "fleet/fleet.h"

#include <stdlib.h>
#include <string.h>

void bd_fleet_dispose(struct bd_fleet *fleet)
{
	if (fleet->memory)
		bd_arena_dispose(fleet->memory);
	free(fleet->memory);
	bd_json_tree_dispose(&fleet->json);
	*fleet = (struct bd_fleet){ 0 };
}

const struct bd_fleet_setting *bd_fleet_find(const struct bd_fleet_guest *guest, const char *key)
{
	for (size_t i = 0; i < guest->setting_count; i++)
		if (strcmp(guest->settings[i].key->name, key) == 0)
			return &guest->settings[i];
	return NULL;
}

const char *bd_fleet_text(const struct bd_fleet_guest *guest, const char *key)
{
	const struct bd_fleet_setting *setting = bd_fleet_find(guest, key);

	return setting ? setting->values[0] : NULL;
}
