/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options --wait, --no-wait and --timeout, with the same meaning in all commands that wait for guests. */
#ifndef BD_CLI_WAIT_OPTION_H
#define BD_CLI_WAIT_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/command.h"

struct wait_options {
	const char *timeout; /* NULL: the default */
	bool wait, no_wait;
};

/* The rows of a command whose struct `type` has a struct wait_options called `waiting`. wait_help and no_wait_help say what
 * is waited for, timeout_help how long. `--wait=SECONDS` is the spelling of old. */
#define WAIT_OPTION_ROWS(type, wait_help, no_wait_help, timeout_help) \
	{ BD_OPTION_FLAG, "wait", NULL, wait_help, offsetof(type, waiting.wait) }, \
		{ BD_OPTION_FLAG, "no-wait", NULL, no_wait_help, offsetof(type, waiting.no_wait) }, \
		{ BD_OPTION_TEXT, "timeout", "SECONDS", timeout_help, offsetof(type, waiting.timeout) }, \
	{ \
		BD_OPTION_ALIAS, "wait", "[SECONDS]", "timeout", 0 \
	}

/* For commands that boot guests. seconds_out: 0: it does not wait. Without an option it waits on a terminal; a time limit
 * says that it does. */
int wait_option_boot(const struct wait_options *options, unsigned *seconds_out, struct bd_error *err);

/* Adds to an error that says that the time was over (ETIMEDOUT) which option gives more of it. Always -1. */
int wait_option_advise(struct bd_error *err);

/* --timeout alone: seconds_out stays as it is where it was not given. minimum: 0 or 1. */
int wait_option_timeout(const struct wait_options *options, unsigned minimum, unsigned *seconds_out,
			struct bd_error *err);

#endif
