/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a request to everything that will be done. */
#ifndef BD_OPS_CREATE_DECIDE_H
#define BD_OPS_CREATE_DECIDE_H

#include "base/err.h"
#include "guest/create_request.h"
#include "ops/create/job.h"

/* From the request; touches nothing. What is wrong with one of its fields is in err->field, and its message does not name
 * it. The job borrows the request's texts. */
int create_decide(const struct bd_create_request *request, struct create_job *job_out, struct bd_error *err);

/* The part of it that `clone` shares: bridge, MAC and addresses of each interface. */
int create_decide_networks(const struct bd_create_request *request, const struct bd_random *random,
			   struct bd_networks *networks_out, struct bd_error *err);

#endif
