/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be done for a request, decided from what there is before anything is changed. Pure, but for the questions that it asks. */
#ifndef BD_HOTPLUG_VIF_DECIDE_H
#define BD_HOTPLUG_VIF_DECIDE_H

#include "base/err.h"
#include "hotplug/vif/link.h"
#include "hotplug/vif/request.h"
#include "hotplug/xenstore.h"

/* Who answers: main.c with xenstore and netlink, tests with tables. */
struct vif_world {
	const struct bd_xenstore *store; /* only read */
	void *links; /* borrowed; the first argument of find_link */
	/* As vif_link_find. */
	int (*find_link)(void *links, const char *name, struct vif_link *link_out, bool *there_out,
			 struct bd_error *err);
};

struct vif_plan {
	enum vif_verdict verdict;
	char reason[VIF_REASON_SIZE]; /* with VIF_HAND_OVER and VIF_FAIL */

	/* The rest with VIF_DO only. */
	bool attach;
	unsigned port; /* the device's index */
	char name[IFNAMSIZ]; /* the device's now */
	char new_name[IFNAMSIZ]; /* empty: it keeps it */
	unsigned bridge;
	bool change_master; /* the device is to become its port, or to be none any more */
	uint32_t mtu; /* 0: stays */
	char mtu_path[VIF_PATH_SIZE]; /* the node that tells the frontend of it; empty: none */
	bool report; /* hotplug-status is to become "connected" */
};

/* Fails where xenstore or the kernel cannot be asked. */
int vif_decide(const struct vif_request *request, const struct vif_world *world, struct vif_plan *plan_out,
	       struct bd_error *err);

#endif
