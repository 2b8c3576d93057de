/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's first network interface, as far as the config alone has it: its bridge and its MAC address. */
#ifndef BD_OPS_SET_NETWORK_H
#define BD_OPS_SET_NETWORK_H

#include "base/err.h"
#include "guest/create_request.h"
#include "ops/set/job.h"

/* ENXIO: this is a dom0 without such a bridge; EINVAL: the guest's own files go by its old MAC address. */
int set_network_decide(struct set_job *job, const struct bd_create_request *request, struct bd_error *err);

#endif
