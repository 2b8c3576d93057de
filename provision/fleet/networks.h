/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An interface as an object of "networks": { "bridge": "xenbr1", "ip": "198.51.100.{11..30}/24", "vlan": 5 }. It becomes
 * the text that guest/network_spec.h reads, for which a string may stand in its place. */
#ifndef BD_FLEET_NETWORKS_H
#define BD_FLEET_NETWORKS_H

#include "fleet/values.h"

struct bd_fleet_network_key {
	const char *name;
	enum bd_fleet_kind kind;
	bool counts; /* as that of bd_fleet_key */
	const char *help;
};

/* The last has no name. */
extern const struct bd_fleet_network_key bd_fleet_network_keys[];

/* EINVAL: an unknown key, a value of the wrong type, a range where there is no group or that is too short for it. */
int bd_fleet_network_check(const struct bd_fleet_source *source, const struct bd_json_node *object,
			   enum bd_fleet_rank rank, size_t guest_count, struct bd_error *err);
/* What the guest of this index has, without an address of a pool. Of an object that was checked; the text is the
 * source's memory's. */
int bd_fleet_network_text(const struct bd_fleet_source *source, const struct bd_json_node *object, size_t index,
			  const char **text_out, struct bd_error *err);
/* One text or an array of them; NULL: there is none, as in a string. */
const struct bd_json_node *bd_fleet_network_pool(const struct bd_json_node *network);
/* Something in it has a range. */
bool bd_fleet_network_counts(const struct bd_json_node *object);

#endif
