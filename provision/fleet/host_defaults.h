/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The defaults of this host for new guests: one JSON object with keys of a manifest's "defaults",
 *
 *   { "template": "debian-12", "size": "8G", "bridge": "br0", "gateway": "192.0.2.1", "ssh_keys": "admin.pub" }
 *
 * in /etc/xen-bigdisk/defaults.json, or the file that $XEN_BIGDISK_DEFAULTS names. Where there is none, nothing is said.
 * What only one guest can have is refused. How they become part of a request: ops/create/defaults.h. Schema:
 * templates/defaults.schema.json. */
#ifndef BD_FLEET_HOST_DEFAULTS_H
#define BD_FLEET_HOST_DEFAULTS_H

#include "base/err.h"
#include "fleet/layer.h"

/* By what disks and network interfaces are set up for which a config names no script. */
enum bd_host_hotplug {
	BD_HOTPLUG_ANY, /* not said: by our programs where they are installed */
	BD_HOTPLUG_BIGDISK, /* the same, said */
	BD_HOTPLUG_XEN, /* by Xen's own scripts */
};

/* Zeroed: of a host that says nothing. */
struct bd_host_defaults {
	char *path; /* owned; of the file, also where there is none */
	bool is_there;
	struct bd_json_tree json;
	struct bd_arena *memory;
	struct bd_fleet_layer layer;
	enum bd_host_hotplug hotplug; /* "hotplug": for whoever starts a guest, and not for new ones alone */
};

/* A key of a manifest, or a name that may be taken for one, that has no default for the host; the last has no name. */
struct bd_host_refused {
	const char *name, *reason;
};
extern const struct bd_host_refused bd_host_refused_keys[];

/* All that is wrong with the text is found here, and each value is one that `new` takes, for itself and with the others.
 * BD_EUSAGE, with file, line and column; path is set then, too. Files that the values name are opened when they are needed. */
int bd_host_defaults_read(struct bd_host_defaults *defaults, struct bd_error *err);
void bd_host_defaults_dispose(struct bd_host_defaults *defaults); /* idempotent */

/* NULL: nothing is said of it. */
const struct bd_fleet_setting *bd_host_defaults_find(const struct bd_host_defaults *defaults, const char *key);

#endif
