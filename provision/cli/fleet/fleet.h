/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that the commands of `fleet` share. */
#ifndef BD_CLI_FLEET_FLEET_H
#define BD_CLI_FLEET_FLEET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/command.h"
#include "cli/defaults_option.h"
#include "cli/wait_option.h"
#include "ops/fleet/view.h"

/* Of all fleet commands; each takes what it needs. */
struct fleet_command_options {
	struct fleet_options fleet;
	const char *jobs, *format;
	struct wait_options waiting;
	bool yes, dry_run, no_defaults, json;
};

#define FLEET_AT(member) offsetof(struct fleet_command_options, member)
#define FLEET_OPTION_DIR \
	{ \
		BD_OPTION_TEXT, "dir", "DIR", \
			"directory of the guests' images and configs, side by side [" BD_SYSCONFDIR \
			"/xen, and images in " BD_LOCALSTATEDIR "/lib/xen/images]", \
			FLEET_AT(fleet.dir) \
	}
#define FLEET_OPTION_TEMPLATES \
	{ \
		BD_OPTION_TEXT, "templates", "DIR", "template directory [/var/lib/xen-bigdisk/templates]", \
			FLEET_AT(fleet.templates) \
	}
#define FLEET_OPTION_LIMIT \
	{ \
		BD_OPTION_LIST, "limit", "PATTERN", "only guests whose names match a shell pattern", \
			FLEET_AT(fleet.patterns) \
	}
#define FLEET_OPTION_JOBS \
	{ \
		BD_OPTION_TEXT, "jobs", "N", "work on N guests at a time [one per processor, up to 8]", \
			FLEET_AT(jobs) \
	}
/* Of commands that boot guests. */
#define FLEET_OPTION_WAITS \
	WAIT_OPTION_ROWS(struct fleet_command_options, \
			 "wait until each guest's userspace reports that it is up [default on a terminal]", \
			 "consider a guest done as soon as its domain is running", \
			 "how long to wait for each guest [120]; implies --wait")
#define FLEET_OPTION_YES \
	{ \
		BD_OPTION_FLAG, "yes", NULL, "do not ask for confirmation; required without a terminal", \
			FLEET_AT(yes) \
	}
#define FLEET_OPTION_DRY_RUN \
	{ \
		BD_OPTION_FLAG, "dry-run", NULL, "print what would be done, and do nothing", FLEET_AT(dry_run) \
	}
/* Was taken where nothing is asked, too. */
#define FLEET_OPTION_OLD_YES \
	{ \
		BD_OPTION_ALIAS, "yes", NULL, NULL, 0 \
	}
#define FLEET_OPTION_EVENTS \
	{ \
		BD_OPTION_FLAG, "json", NULL, "print each event as a JSON object on its own line", FLEET_AT(json) \
	}
#define FLEET_OPTION_END \
	{ \
		BD_OPTION_HEADING, NULL, NULL, NULL, 0 \
	}

/* Of commands that make guests. */
#define FLEET_OPTION_DEFAULTS \
	DEFAULTS_OPTION_ROW(struct fleet_command_options, no_defaults, \
			    "new guests, which apply where the manifest says nothing")

/* Reads the host's defaults into host, which options borrow. */
int fleet_option_host(struct fleet_command_options *options, struct bd_host_defaults *host, struct bd_error *err);

/* -j N. */
int fleet_option_jobs(const struct fleet_command_options *options, unsigned *jobs_out, struct bd_error *err);

/* Adds to the error of fleet_plan_check, where there is no room for all guests, how to do a part. Always -1. */
int fleet_advise(struct bd_error *err);

extern const struct bd_command bd_command_fleet_plan, bd_command_fleet_apply, bd_command_fleet_status,
	bd_command_fleet_start, bd_command_fleet_stop, bd_command_fleet_destroy, bd_command_fleet_export;

#endif
