/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's JSON members in list, show and fleet status; templates/output.schema.json describes them. */
#ifndef BD_CLI_GUEST_FACTS_JSON_H
#define BD_CLI_GUEST_FACTS_JSON_H

#include "base/json.h"
#include "ops/guest/facts.h"

/* The members of an object that is open. */
void guest_facts_put_json(struct bd_json *json, const struct guest_facts *facts);

#endif
