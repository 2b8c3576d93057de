/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a guest that exists differs from what is asked for, by a manifest or by a request of its own. Nothing is changed. */
#ifndef BD_OPS_FLEET_DIFFERENCES_H
#define BD_OPS_FLEET_DIFFERENCES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "fleet/compare.h"
#include "guest/create_request.h"
#include "ops/create/job.h"
#include "ops/guest/facts.h"

/* A guest that is there has been made with the host's defaults of that time, or was changed since: where the request does not
 * say what its disk is made from, how it is laid out, and in which size there has to be room for all of its partitions, that is as
 * the guest has it. */
void fleet_keep_disk(const struct guest_facts *facts, struct bd_create_request *request);

/* The guest as it is (facts->cfg is there), compared with the job; only what the guest's settings and its place say counts. Returns how
 * many there are. */
size_t fleet_compare(const struct bd_fleet_guest *guest, const struct bd_fleet_place *place,
		     const struct guest_facts *facts, const struct create_job *job,
		     struct bd_fleet_change changes_out[BD_FLEET_CHANGES_MAX]);

struct fleet_differences {
	struct bd_fleet_change items[BD_FLEET_CHANGES_MAX];
	size_t count;
	bool grows; /* where the size differs: the disk is to be larger */
};

/* The guest of a config, compared with what a request says of it; the host's defaults are not in that. The errors of
 * create_decide. */
int fleet_compare_request(const char *cfg_path, struct bd_create_request *request,
			  struct fleet_differences *differences_out, struct bd_error *err);

#endif
