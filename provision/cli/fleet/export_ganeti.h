/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fleet export --format ganeti`: the instances of gnt-instance batch-create. */
#ifndef BD_CLI_FLEET_EXPORT_GANETI_H
#define BD_CLI_FLEET_EXPORT_GANETI_H

#include "ops/fleet/view.h"

/* What is the same for all instances. */
struct export_ganeti_options {
	const char *disk_template; /* NULL: the cluster's default */
	struct bd_texts nodes; /* in turn; none: an allocator chooses */
	bool no_name_check, secrets;
};

/* BD_EUSAGE: one of the options is wrong in itself. */
int export_ganeti_check(const struct export_ganeti_options *ganeti, struct bd_error *err);

/* Prints the selected guests of the manifest, and warns of what Ganeti has no words for. */
int export_ganeti(const struct fleet_view *view, const struct fleet_options *options,
		  const struct export_ganeti_options *ganeti, struct bd_error *err);

#endif
