/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether Xen's own scripts, which lie beside this program, do what this program does in their place.
 *
 * They are configuration files: an administrator may have edited them, and a distribution may have. So each of those that vif-bridge
 * consists of has to be one that was read when this program was written, byte by byte (size and FNV-1a: this finds edits, not an
 * attacker, who would have to be root). Otherwise they are what runs. */
#ifndef BD_HOTPLUG_VIF_SCRIPTS_H
#define BD_HOTPLUG_VIF_SCRIPTS_H

#include <limits.h>
#include <stdbool.h>

#include "hotplug/vif/request.h"

#define VIF_SEARCH_SIZE (3 * PATH_MAX)

struct vif_scripts {
	bool uses_iptables; /* handle_iptable of vif-common.sh does something; in Debian it does not */
	char search_path
		[VIF_SEARCH_SIZE]; /* the PATH by which they find programs: hotplugpath.sh, the system's, then ours */
};

/* folder: where they are. path: PATH of the environment, may be NULL. VIF_DO or VIF_HAND_OVER, with the reason; scripts_out is filled
 * with VIF_DO only. */
enum vif_verdict vif_scripts_read(const char *folder, const char *path, struct vif_scripts *scripts_out,
				  char reason_out[VIF_REASON_SIZE]);

/* A file NAME.hook in folder/vif-post.d that may be executed: vif-bridge runs it. name_out: of the first that is found. */
bool vif_scripts_has_hook(const char *folder, char name_out[NAME_MAX + 1]);

#endif
