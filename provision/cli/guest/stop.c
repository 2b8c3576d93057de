/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `stop`: asks guests to power off, and waits for them to be gone. */
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/guest/loop.h"
#include "cli/wait_option.h"
#include "ops/guest/stop.h"
#include "ops/host/boot.h"

struct stop_options {
	struct guest_options common;
	struct wait_options waiting;
	bool force;
};

#define AT(member) offsetof(struct stop_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "wait", NULL, "wait until each guest is gone (the default)", AT(waiting.wait) },
	{ BD_OPTION_FLAG, "no-wait", NULL, "send the request only", AT(waiting.no_wait) },
	{ BD_OPTION_TEXT, "timeout", "SECONDS", "how long to wait for each guest; 0 means --no-wait [60]",
	  AT(waiting.timeout) },
	{ BD_OPTION_FLAG, "force", NULL,
	  "destroy a guest that is not gone in time or cannot be asked; with --no-wait, at once", AT(force) },
	{ BD_OPTION_ALIAS, "wait", "SECONDS", "timeout", 0 },
	GUEST_OPTION_ROWS(struct stop_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static const char *describe(enum guest_stop_result result)
{
	switch (result) {
	case GUEST_STOP_NOT_RUNNING:
		return "is not running: nothing to do";
	case GUEST_STOP_ASKED:
		return "was asked to power off";
	case GUEST_STOP_GONE:
		return "is stopped";
	default:
		return "was destroyed";
	}
}

/* What would have helped, in the words of this command's options. */
static int advise(enum guest_stop_result result, struct bd_error *err)
{
	const struct bd_error failure = *err;

	if (result == GUEST_STOP_TIMED_OUT)
		return bd_fail_as(err, &failure, "%s; to wait longer: --timeout SECONDS; to destroy it: --force",
				  failure.message);
	if (result == GUEST_STOP_NEEDS_FORCE)
		return bd_fail_as(err, &failure, "%s; to destroy it: --force", failure.message);
	return -1;
}

static int stop_one(void *context, struct boot *boot, const struct bd_cfg *cfg, struct bd_json *json,
		    struct bd_error *err)
{
	enum guest_stop_result result;

	if (guest_stop(boot, cfg, context, &result, err) != 0)
		return advise(result, err);
	bd_progress_end(0);
	bool ran = result != GUEST_STOP_NOT_RUNNING;
	if (json) {
		bd_json_string(json, "state", guest_stop_state(result));
		bd_json_bool(json, "changed", ran);
		if (ran)
			bd_json_uint(json, "domid", boot->domid);
	} else if (bd_log_level() >= BD_LOG_INFO && ran) {
		bd_print(stdout, "%s %s (domain %u)\n", cfg->name, describe(result), boot->domid);
	} else if (bd_log_level() >= BD_LOG_INFO) {
		bd_print(stdout, "%s %s\n", cfg->name, describe(result));
	}
	return 0;
}

static int run_stop(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct stop_options *options = options_pointer;
	struct guest_stop_options how = { .force = options->force };
	unsigned seconds = options->waiting.no_wait ? 0 : GUEST_STOP_WAIT_DEFAULT_S;

	if (wait_option_timeout(&options->waiting, 0, &seconds, err) != 0)
		return -1;
	how.wait_s = seconds;
	return guest_loop_run(
		&(struct guest_loop){
			.options = &options->common, .verb = "stop", .each = stop_one, .context = &how },
		arguments, err);
}

const struct bd_command bd_command_stop = {
	.name = "stop",
	.arguments = "NAME|CFG...",
	.summary = "shut guests down",
	.description =
		"Asks each guest to power off, like a power button, and waits until it is gone. A guest that is "
		"still there after the timeout is left running, and the status is 1; with --force it is destroyed, "
		"like a computer whose plug is pulled. A guest that is not running is reported as such, with status "
		"0.\n\n"
		"On Ctrl-C, only the waiting ends; the guest continues to power off.\n\n" GUEST_SEVERAL_TEXT
		"--json prints an object with name, cfg, uuid, state (\"stopped\", \"destroyed\", or \"stopping\" "
		"with --no-wait), changed (false: it was not running) and domid (of the former domain). " GUEST_SEVERAL_JSON_TEXT,
	.examples = "xen-bigdisk stop web01\tshut it down\n"
		    "xen-bigdisk stop web01 web02 --timeout 20 --force\tgive each 20 seconds, then destroy it\n"
		    "xen-bigdisk stop web01 --force --no-wait\tpull the plug\n",
	.statuses = "457",
	.options = option_table,
	.options_size = sizeof(struct stop_options),
	.run = run_stop,
};
