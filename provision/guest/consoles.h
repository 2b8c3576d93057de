/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A login on hvc0 (Xen's console) and ttyS0 (HVM's serial port). */
#ifndef BD_GUEST_CONSOLES_H
#define BD_GUEST_CONSOLES_H

#include "rootfs/overlay.h"
#include "rootfs/system.h"

/* inittab(5) of sysvinit and of busybox, unless it has a login on /dev/console already; securetty(5), and Void's service
 * of runit, where the template has them. systemd needs nothing: it starts a getty on each console= of the kernel's
 * command line. */
int bd_consoles_add(const struct bd_system *system, const struct bd_overlay *overlay, struct bd_error *err);

#endif
