/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guests that a manifest names, and where the settings of each are. */
#ifndef BD_FLEET_GUEST_LIST_H
#define BD_FLEET_GUEST_LIST_H

#include "fleet/layer.h"
#include "fleet/names.h"

struct bd_fleet_entry {
	const char *name;
	const char *group; /* NULL: none */
	const struct bd_json_node *node; /* where it is named */
	const struct bd_fleet_layer *base; /* what defaults and the group say */
	size_t index; /* in its group */
	const struct bd_json_node *own; /* its object in "guests"; may be NULL */
};

/* Zeroed: empty. Names and layers are the source's memory's. */
struct bd_guest_list {
	struct bd_fleet_names names; /* with the numbers of entries */
	struct bd_fleet_entry *entries;
};

/* Groups, then the other guests; each argument but the first may be NULL. */
int bd_guest_list_read(const struct bd_fleet_source *source, const struct bd_json_node *defaults,
		       const struct bd_json_node *groups, const struct bd_json_node *guests,
		       struct bd_guest_list *list, struct bd_error *err);
void bd_guest_list_dispose(struct bd_guest_list *list); /* idempotent */

/* "shop", "web": 1 to 63 small letters, digits, ".", "_" and "-", as a template's. what: "a fleet's name". */
int bd_fleet_check_label(const char *name, const char *what, struct bd_error *err);

#endif
