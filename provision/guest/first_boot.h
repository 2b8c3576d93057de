/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest's init runs for us: a script at first boot, and the report to dom0 that the guest is up. */
#ifndef BD_GUEST_FIRST_BOOT_H
#define BD_GUEST_FIRST_BOOT_H

#include "rootfs/overlay.h"
#include "rootfs/system.h"

/* BD_EUSAGE: the kernel could not run it: it begins with no #! line. what: the file's name. */
int bd_run_once_check(const char *script, const char *what, struct bd_error *err);

/* A unit that runs the script when the network is up, once: again at the next boot while it fails. BD_EUSAGE: the guest
 * has no systemd. */
int bd_run_once_add(const char *script, const struct bd_system *system, const struct bd_overlay *overlay,
		    struct bd_error *err);

/* A script that writes data/xen-bigdisk/ready into xenstore, which is what `new --wait` waits for. xenstore_put: the text
 * of templates/mini/xenstore-put. The caller frees. */
int bd_ready_script(const char *xenstore_put, char **text_out, struct bd_error *err);
/* That script, and a unit of systemd or a service of OpenRC that runs it. Nothing with another init, and where xenstore_put is NULL. */
int bd_ready_unit_add(const char *xenstore_put, const struct bd_system *system, const struct bd_overlay *overlay,
		      struct bd_error *err);

#endif
