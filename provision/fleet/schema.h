/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON Schema of manifests, for editors and checks: templates/fleet.schema.json. */
#ifndef BD_FLEET_SCHEMA_H
#define BD_FLEET_SCHEMA_H

#include "base/err.h"

/* From bd_fleet_keys; the caller frees. */
int bd_fleet_schema(char **text_out, struct bd_error *err);

#endif
