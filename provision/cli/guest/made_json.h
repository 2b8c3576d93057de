/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON members of a created guest in `new`, `fill`, `clone` and `fleet plan`. */
#ifndef BD_CLI_GUEST_MADE_JSON_H
#define BD_CLI_GUEST_MADE_JSON_H

#include "base/json.h"
#include "guest/description.h"
#include "guest/identity.h"
#include "ops/create/create.h"

/* "cfg", "image", "type", "boot", "memory_mib", "vcpus" and "network". boot: as in guest_facts_boot. */
void made_json_guest(struct bd_json *json, const struct bd_guest *guest, const char *boot, const char *cfg_path,
		     const char *image_path);
void made_json_networks(struct bd_json *json, const struct bd_networks *networks); /* "network" */
/* "ip" and "ip6" of an interface, the first addresses of it. ip, ip6: what they are where it has no static ones; NULL: not
 * known. */
void made_json_first_addresses(struct bd_json *json, const struct bd_network *network, const char *ip,
			       const char *ip6);
/* As above, and "addresses" with all of them. */
void made_json_addresses(struct bd_json *json, const struct bd_network *network, const char *ip, const char *ip6);
/* Of "files": "image" or "device", and "volume". */
void made_json_disk(struct bd_json *json, const struct create_job *job);
/* "disks", the paths of those behind the first, where there are any. */
void made_json_disk_files(struct bd_json *json, const struct create_job *job);
void made_json_host_keys(struct bd_json *json, const struct bd_identity_result *identity); /* "ssh_host_keys" */
/* "domid", "ready" and times; nothing when it was not started. */
void made_json_start(struct bd_json *json, const struct create_outcome *outcome);

#endif
