/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of a guest that is to be made, and where the value of each came from, for `new --dry-run`. */
#ifndef BD_CLI_SETTINGS_H
#define BD_CLI_SETTINGS_H

#include "base/err.h"
#include "base/json.h"
#include "ops/create/defaults.h"
#include "ops/create/job.h"

/* What a job was decided from. */
struct settings {
	const struct bd_create_request *request;
	const struct create_defaults *defaults;
	const struct create_job *job;
};

/* A line for each, with the names of a manifest's keys. */
int settings_print(const struct settings *settings, struct bd_error *err);

/* The member "settings": an array of objects with key, value, source, and where that is the host's file, file and line. A value
 * of that which the guest does not get has "passed_over", the reason, and no value. */
int settings_put_json(struct bd_json *json, const struct settings *settings, struct bd_error *err);

#endif
