/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of `new` and `clone` that describe the guest: from the command line to a request, and from the field
 * in an error back to the option's name. */
#ifndef BD_CLI_GUEST_REQUEST_OPTIONS_H
#define BD_CLI_GUEST_REQUEST_OPTIONS_H

#include "base/err.h"
#include "cli/command.h"
#include "guest/create_request.h"
#include "ops/create/defaults.h"

/* Sets each field whose option is in the table and was given. */
int request_from_options(const struct bd_option *table, const void *options, struct bd_create_request *request,
			 struct bd_error *err);

/* Puts the option's name before an error that is about a field, or says which option helps. Returns -1. */
int request_fail(struct bd_error *err);
/* Likewise, and where the value is one of the host's defaults, puts its place in their file there instead. */
int request_fail_with(const struct create_defaults *defaults, struct bd_error *err);

#endif
