/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds and loads the toolstack plugin for the running hypervisor. */
#ifndef BD_TOOLSTACK_LOADER_H
#define BD_TOOLSTACK_LOADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "toolstack/toolstack.h"

struct bd_xen_version {
	unsigned major, minor;
};

struct bd_loaded_toolstack {
	void *handle;
	const struct bd_toolstack_plugin *plugin;
	char path[4096];
};

/* The running hypervisor's release, from /sys/hypervisor. ENODEV: this is no Xen dom0; EINVAL: it is, of an
 * unknown release. A plugin named by $XEN_BIGDISK_TOOLSTACK counts as a running Xen, of the release that it was
 * built for; one that cannot be loaded fails as bd_toolstack_load. */
int bd_xen_running(struct bd_xen_version *version_out, struct bd_error *err);

/* Loads the plugin: $XEN_BIGDISK_TOOLSTACK when set (a path), else toolstack-libxl-MAJOR.MINOR.so for the running
 * hypervisor; where none runs and needs_xen is false, the newest that is installed (for describe()). Looked for
 * next to the running program first (a build tree), then in the installed directory.
 * ENOPKG: says which plugin is missing and which are there. */
int bd_toolstack_load(bool needs_xen, struct bd_loaded_toolstack *loaded_out, struct bd_error *err);
/* Whether there is a plugin for that release where they are looked for; it is not loaded. */
bool bd_toolstack_is_installed(const struct bd_xen_version *version);
void bd_toolstack_unload(struct bd_loaded_toolstack *loaded); /* idempotent */

#endif
