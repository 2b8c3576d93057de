/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that do the same for each of several guests, with the options and help texts that they share. */
#ifndef BD_CLI_GUEST_LOOP_H
#define BD_CLI_GUEST_LOOP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "cli/command.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

/* The options that these commands have in common; `common` in the struct of each. */
struct guest_options {
	const char *dir;
	bool json;
};

#define GUEST_OPTION_ROWS(type) \
	{ BD_OPTION_TEXT, "dir", "DIR", "directory of NAME.cfg [" BD_SYSCONFDIR "/xen]", \
	  offsetof(type, common.dir) }, \
	{ \
		BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", \
			offsetof(type, common.json) \
	}

/* For the descriptions. */
#define GUEST_SEVERAL_TEXT \
	"With several guests, one failure does not stop the others; the status is that of the first failure.\n\n"
#define GUEST_SEVERAL_JSON_TEXT \
	"With several guests it prints an object with an array guests of such objects; one that failed has state " \
	"\"failed\" and error (kind, message)."

struct guest_loop {
	const struct guest_options *options;
	const char *verb; /* "stop": for the message when some of several fail */
	/* Does it, and then prints a line, or with json puts keys after name, cfg and uuid. boot: one for all of them. */
	int (*each)(void *context, struct boot *boot, const struct bd_cfg *cfg, struct bd_json *json,
		    struct bd_error *err);
	/* Called for a guest that is not there, with the error that says so; *done_out: there was something to be done for it
	 * all the same, and it was, and printed. May be NULL. */
	int (*absent)(void *context, const char *argument, struct bd_json *json, bool *done_out,
		      struct bd_error *err);
	bool absent_is_done; /* a guest that is not there is no failure: state "absent" */
	void *context;
};

/* Runs each() for every argument in turn (a NULL follows the last); a failure does not stop the others, a signal does. What is returned has the
 * code of the first failure; with several arguments each has been logged by then. JSON: the object of the guest; with
 * several arguments an object with the array "guests" of them, where one that failed has name and error. */
int guest_loop_run(const struct guest_loop *loop, char **arguments, struct bd_error *err);

#endif
