/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's first network interface, as far as the config alone has it: its bridge, its MAC address, and xl's keys for it. */
#ifndef BD_OPS_SET_NETWORK_H
#define BD_OPS_SET_NETWORK_H

#include "base/err.h"
#include "ops/set/job.h"

/* ENXIO: this is a dom0 without such a bridge; EINVAL: the guest's own files go by its old MAC address. Errors about a key of xl's name
 * it. */
int set_network_decide(struct set_job *job, const struct set_request *request, struct bd_error *err);

#endif
