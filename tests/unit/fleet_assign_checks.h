/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of fleet/assign.h share. */
#ifndef FLEET_ASSIGN_CHECKS_H
#define FLEET_ASSIGN_CHECKS_H

#include "fleet/assign.h"
#include "fleet_checks.h"

/* message: what it begins with. */
static void check_refused(const char *text, const struct bd_fleet_taken *taken, size_t count, const char *message)
{
	struct bd_fleet fleet = read_fleet(text);
	struct bd_fleet_place *places = NULL;

	if (bd_fleet_assign(&fleet, taken, count, &places, &err) == 0)
		fail_msg("%s is taken", text);
	check_message(text, message);
	assert_null(places);
	bd_fleet_dispose(&fleet);
}

#endif
