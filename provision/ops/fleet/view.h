/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet on this host: its manifest together with the host's configs and domains. */
#ifndef BD_OPS_FLEET_VIEW_H
#define BD_OPS_FLEET_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/texts.h"
#include "fleet/compare.h"
#include "fleet/fleet.h"
#include "fleet/place.h"
#include "ops/guest/facts.h"
#include "xlcfg/read.h"

/* The parameters of operations on a fleet apart from the manifest; each uses those that it needs. */
struct fleet_options {
	const char *dir; /* where images and configs are side by side; NULL: the system's folders */
	const char *templates; /* NULL: the system's */
	struct bd_texts patterns; /* of names, as the shell's; none: all guests */
	bool no_start;
	bool force; /* to stop: destroy the domain of a guest that is not gone after wait_s */
	unsigned wait_s; /* for each guest; 0: do not wait */
	const struct bd_host_defaults *host; /* the host's defaults for guests that are made; NULL: none */
};

enum fleet_action {
	FLEET_KEEP, /* it is as the manifest says */
	FLEET_CREATE,
	FLEET_CHANGE, /* of its config */
	FLEET_REFUSE, /* it cannot be made what the manifest says; why: reason */
};

struct fleet_item {
	const struct bd_fleet_guest *guest;
	const struct bd_fleet_place *place;
	const struct guest_facts *facts; /* NULL: there is no such guest; else facts->cfg is there */
	bool selected; /* by its name */
	char *obstacle; /* owned; why there is a file NAME.cfg and no such guest, or NULL */
	/* Filled by fleet_plan (plan.h). */
	enum fleet_action action;
	bool start; /* it is to be started */
	struct bd_fleet_change *changes; /* owned */
	size_t change_count;
	char *reason; /* owned; NULL but for FLEET_REFUSE */
	enum bd_error_kind reason_kind;
	struct bd_guest wanted; /* as it is to be; without a name where that could not be decided */
	uint64_t disk_bytes,
		root_bytes; /* likewise; root_bytes: of the root partition, and of all that is mounted in it */
	const char *template; /* likewise; the manifest's */
	char *image_path, *cfg_path; /* owned; of a guest that is to be created, else NULL */
	uint64_t
		host_defaults; /* of a guest that is to be created: a bit for each bd_field that is the host's default */
};

struct fleet_view {
	struct bd_fleet fleet;
	struct guests guests; /* all of the folder */
	struct bd_fleet_place *places;
	struct fleet_item *items; /* one for each guest of the manifest, in its order */
	const struct bd_cfg **beyond; /* guests of this fleet that the manifest does not name, as far as selected */
	size_t beyond_count;
};

void fleet_view_dispose(struct fleet_view *view); /* idempotent */

/* Reads the manifest, the configs and the domains, and assigns addresses. needs_xen: no hypervisor, or no
 * permission to ask it, is an error. "Not found" where the patterns match no guest. view_out is disposed of on
 * failure. */
int fleet_look(const char *manifest_path, const struct fleet_options *options, bool needs_xen,
	       struct fleet_view *view_out, struct bd_error *err);

/* The guest's domain, NULL: it does not run, or that is not known; its config, NULL: there is none. */
const struct bd_toolstack_domain *fleet_item_domain(const struct fleet_item *item);
const struct bd_cfg *fleet_item_cfg(const struct fleet_item *item);
/* What of its config a running guest was not started with; NULL: nothing. */
const char *fleet_item_pending(const struct fleet_item *item);
/* As domains_state; "absent": there is no such guest; "unknown": another file is in the place of its config. */
const char *fleet_item_state(const struct fleet_item *item);
/* Whether the guest was made for this fleet; others are neither changed nor removed. */
bool fleet_item_is_ours(const struct fleet_view *view, const struct fleet_item *item);

/* A config that was read just now is still the one that the plan was made for: it may have been replaced meanwhile.
 * ESTALE. */
int fleet_check_still_ours(const struct fleet_view *view, const struct fleet_item *item, const struct bd_cfg *now,
			   struct bd_error *err);

/* Where the guests' images are. */
const char *fleet_images_folder(const struct fleet_options *options);

#endif
