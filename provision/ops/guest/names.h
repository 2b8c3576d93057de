/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what a person calls guests to their cfgs, for commands that take one or several. */
#ifndef BD_OPS_GUEST_NAMES_H
#define BD_OPS_GUEST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

/* The options that these commands have in common; first in the struct of each. */
struct guest_options {
	const char *dir;
	bool json;
};

#define GUEST_OPTION_ROWS(type) \
	{ BD_OPTION_TEXT, "dir", "DIR", "the folder of NAME.cfg [" BD_SYSCONFDIR "/xen]", \
	  offsetof(type, common.dir) }, \
	{ \
		BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", \
			offsetof(type, common.json) \
	}

/* For the descriptions. */
#define GUEST_SEVERAL_TEXT \
	"With several guests one's failure does not stop the others; the status is that of the first failure.\n\n"
#define GUEST_SEVERAL_JSON_TEXT \
	"With several guests it prints an object with the array guests of these objects; one that failed has state " \
	"\"failed\" and error."

#define GUEST_ARGUMENTS_MANY 100000

/* argument and dir: as for bd_cfg_path; where there is no NAME.cfg, the cfg of that folder that gives the name, or whose
 * guest's domain has it (xl rename). cfg_out->path is absolute. BD_KIND_NOT_FOUND: no such guest; only with ENOENT all that
 * might be its cfg was seen. EINVAL: its cfg cannot be parsed, or gives no name, or NAME.cfg
 * gives another. */
int guest_open(const char *argument, const char *dir, struct bd_cfg *cfg_out, struct bd_error *err);

/* The guest's domain, dying ones and such as xl rename has given another name included; boot->domid and boot->uuid are then
 * its own. Loads boot's plugin where that was not done. ENODEV, EPERM; EBUSY: a domain has its name or its UUID, but not both. */
int guest_domain(struct boot *boot, const struct bd_cfg *cfg, struct bd_toolstack_domain *domain_out, bool *found_out,
		 struct bd_error *err);

/* As guest_domain; ESRCH, with how to start it, when it does not run. */
int guest_running(struct boot *boot, const struct bd_cfg *cfg, struct bd_toolstack_domain *domain_out,
		  struct bd_error *err);

/* As guest_domain, for commands that can do without a Xen, and for which a domain of another name is EBUSY: where none runs, no guest does. EPERM: one runs, and only root
 * may ask it; EBUSY: as guest_domain; any other but ENODEV and ENOENT: it cannot be told whether one runs, or the plugin
 * for it cannot be loaded. */
int guest_domain_try(struct boot *boot, const struct bd_cfg *cfg, struct bd_toolstack_domain *domain_out,
		     bool *found_out, struct bd_error *err);

/* EBUSY: it runs, and is to be stopped first. */
int guest_fail_running(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct bd_error *err);

/* EBUSY: it does not run, and its memory is in the file saved_path, for which its disk waits. */
int guest_fail_saved(const struct bd_cfg *cfg, const char *saved_path, struct bd_error *err);

struct guest_loop {
	const struct guest_options *options;
	const char *verb; /* "stop": for the message when some of several fail */
	/* Does it, and then prints a line, or with json puts keys after name, cfg and uuid. */
	int (*each)(void *context, const struct bd_cfg *cfg, struct bd_json *json, struct bd_error *err);
	/* Called for a guest that is not there, with the error that says so; *done_out: there was something to be done for it
	 * all the same, and it was, and printed. May be NULL. */
	int (*absent)(void *context, const char *argument, struct bd_json *json, bool *done_out,
		      struct bd_error *err);
	bool absent_is_done; /* a guest that is not there is no failure: state "absent" */
	void *context;
};

/* Runs each() for every argument in turn; a failure does not stop the others, a signal does. What is returned has the
 * code of the first failure; with several arguments each has been logged by then. JSON: the object of the guest; with
 * several arguments an object with the array "guests" of them, where one that failed has name and error. */
int guest_loop_run(const struct guest_loop *loop, int argc, char **argv, struct bd_error *err);

#endif
