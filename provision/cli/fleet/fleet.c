/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The group `fleet`, and `fleet plan`. */
#include "ops/fleet/fleet.h"

#include <stddef.h>

#include "base/cleanup.h"

static int run_plan(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	const struct fleet_options *options = options_pointer;
	BD_DISPOSE(fleet_view_dispose) struct fleet_view view;
	struct fleet_sums sums;

	(void)argc;
	fleet_view_init(&view);
	if (fleet_look(argv[0], options, false, &view, err) != 0 || fleet_decide(&view, options, err) != 0 ||
	    fleet_sum_up(&view, options, &sums, err) != 0 || fleet_report_plan(&view, &sums, options->json, err) != 0)
		return -1;
	/* Elsewhere than on the dom0 itself there are other bridges. */
	if (view.guests.domains.known && fleet_check_bridges(&view, err) != 0)
		return -1;
	return fleet_check_sums(&sums, options, err);
}

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	FLEET_OPTION_DIR,
	FLEET_OPTION_TEMPLATES,
	FLEET_OPTION_LIMIT,
	{ BD_OPTION_FLAG, "no-start", NULL, "what `fleet apply --no-start` would do", FLEET_AT(no_start) },
	FLEET_OPTION_YES,
	{ BD_OPTION_FLAG, "json", NULL, "print the plan as a JSON object on stdout", FLEET_AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

const struct bd_command bd_command_fleet_plan = {
	.name = "fleet plan",
	.arguments = "FILE",
	.summary = "show what `fleet apply` would do",
	.description =
		"Shows what the manifest FILE wants against what there is: guests that would be made (+), changed (~), "
		"started (>), that are refused (!) because the change would need a new disk, or because their memory is saved, and guests of the fleet that the "
		"manifest no longer names (-). Then the sums: what it takes of disk and memory, and what is free; the status "
		"is 6 when that does not do. Nothing is touched.",
	.examples = "xen-bigdisk fleet plan shop.json\twhat would be done\n"
		    "xen-bigdisk fleet plan shop.json --json\tthe same for programs\n",
	.statuses = "3456",
	.options = option_table,
	.min_arguments = 1,
	.max_arguments = 1,
	.options_size = sizeof(struct fleet_options),
	.run = run_plan,
};

static const struct bd_command *const commands[] = { &bd_command_fleet_plan,   &bd_command_fleet_apply,
						     &bd_command_fleet_status, &bd_command_fleet_start,
						     &bd_command_fleet_stop,   &bd_command_fleet_destroy,
						     &bd_command_fleet_export, NULL };

const struct bd_command bd_command_fleet = {
	.name = "fleet",
	.summary = "many guests from one manifest",
	.description =
		"A manifest is a JSON file that says which guests there are to be; xen-bigdisk-fleet(5) is its manual. These "
		"commands show what is missing, make it, and deal with the guests of a manifest together. The guests' cfgs "
		"stay their only description: nothing else is kept about a fleet.",
	.examples = "xen-bigdisk fleet plan shop.json\twhat is missing\n"
		    "xen-bigdisk fleet apply shop.json\tmake it\n",
	.commands = commands,
};
