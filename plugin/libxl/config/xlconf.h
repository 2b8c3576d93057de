/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings in /etc/xen/xl.conf that affect domains created by xl. They apply to our domains, too. */
#ifndef BD_LIBXL_CONFIG_XLCONF_H
#define BD_LIBXL_CONFIG_XLCONF_H

#include <stdbool.h>
#include <stdint.h>

#include <libxl.h>

#include "base/err.h"

enum bd_autoballoon { BD_AUTOBALLOON_OFF, BD_AUTOBALLOON_ON, BD_AUTOBALLOON_AUTO };

struct bd_xlconf {
	enum bd_autoballoon autoballoon;
	char *lockfile; /* never NULL */
	bool run_hotplug_scripts;
	bool claim_mode;
	bool random_domid;
	libxl_defbool bootloader_restrict;
	uint32_t max_grant_frames, max_maptrack_frames; /* LIBXL_MAX_GRANT_DEFAULT: libxl's choice */
	int max_grant_version;
	char *blkdev_start; /* this and the rest: NULL when not set */
	char *vif_script, *vif_bridge, *vif_gatewaydev, *vif_backend;
	char *cpumask, *pv_cpumask, *hvm_cpumask;
};

/* Reads $XEN_BIGDISK_XL_CONF (for tests) or /etc/xen/xl.conf; where there is none, xl's defaults hold.
 * Keys that do not change a domain are xl's own business and are not looked at. */
int bd_xlconf_read(struct bd_xlconf *conf_out, struct bd_error *err);
void bd_xlconf_dispose(struct bd_xlconf *conf); /* idempotent */

#endif
