/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON members of a created guest in `new`, `clone` and `fleet plan`. */
#ifndef BD_CLI_GUEST_MADE_JSON_H
#define BD_CLI_GUEST_MADE_JSON_H

#include "base/json.h"
#include "guest/description.h"
#include "guest/identity.h"
#include "ops/create/create.h"

/* "cfg", "image", "type", "boot", "memory_mib", "vcpus" and "network". boot: as in guest_facts_boot. */
void made_json_guest(struct bd_json *json, const struct bd_guest *guest, const char *boot, const char *cfg_path,
		     const char *image_path);
void made_json_host_keys(struct bd_json *json, const struct bd_identity_result *identity); /* "ssh_host_keys" */
/* "domid", "ready" and times; nothing when it was not started. */
void made_json_start(struct bd_json *json, const struct create_outcome *outcome);

#endif
