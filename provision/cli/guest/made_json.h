/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `new` and `clone` both tell of a guest in JSON. */
#ifndef BD_CLI_GUEST_MADE_JSON_H
#define BD_CLI_GUEST_MADE_JSON_H

#include "base/json.h"
#include "guest/description.h"
#include "guest/identity.h"
#include "ops/create/create.h"

void made_json_network(struct bd_json *json, const struct bd_network *network); /* "network": a list of interfaces */
void made_json_host_keys(struct bd_json *json, const struct bd_identity_result *identity); /* "ssh_host_keys" */
/* "domid", "ready" and times; nothing when it was not started. */
void made_json_start(struct bd_json *json, const struct create_outcome *outcome);

#endif
