/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which programs libxl runs to give a domain its disks and network interfaces: ours (plugin/hotplug/), or Xen's scripts.
 *
 * libxl takes the script of a disk or an interface from its config, and where that names none Xen's own, block or vif-bridge. It writes
 * the path to the device's node in xenstore, by which whoever removes the device finds it, xl included. Here ours are put where Xen's
 * would be taken, and only for this life of the domain: what libxl keeps of the config names none, so that saving, restoring, migrating
 * to a host without ours, and a reboot after they were uninstalled go by what is there then.
 */
#ifndef BD_LIBXL_HOTPLUG_H
#define BD_LIBXL_HOTPLUG_H

#include <stdbool.h>
#include <stdint.h>

#include <libxl.h>

#include "base/err.h"
#include "libxl/config/xlconf.h"
#include "libxl/xen.h"
#include "toolstack/toolstack.h"

/* Looks which are installed. xens: Xen's own are wanted. */
void bd_hotplug_find(bool xens, const struct bd_xlconf *xlconf, struct bd_toolstack_hotplug *hotplug_out);

/* What was put into a config, by the numbers of its disks and interfaces. */
struct bd_hotplug_choice {
	bool *disks, *nics; /* owned; NULL: not chosen yet */
	int disk_count, nic_count;
};

void bd_hotplug_choice_dispose(struct bd_hotplug_choice *choice); /* idempotent */

/* Puts ours into a config that libxl is about to be given. choice_out begins empty. Leaves the disks alone where libxl runs a boot loader: to
 * that it gives a disk with a script not as the file that it is, but as a device that the script and dom0's own frontend make of it. */
int bd_hotplug_before_create(const struct bd_toolstack_hotplug *hotplug, libxl_domain_config *config,
			     struct bd_hotplug_choice *choice_out, struct bd_error *err);
/* And then this does the disks: after libxl_domain_create_new() has returned, which then has told the boot loader its disk, and before libxl's
 * event loop is entered, which goes on to the devices. */
int bd_hotplug_during_create(const struct bd_toolstack_hotplug *hotplug, libxl_domain_config *config,
			     struct bd_hotplug_choice *choice, struct bd_error *err);

/* Takes it out of what libxl keeps of the config of a domain that has been made. */
int bd_hotplug_after_create(const struct bd_xen *xen, uint32_t domid, const struct bd_hotplug_choice *choice,
			    struct bd_error *err);
/* Of a config that began as the one that was chosen for. */
void bd_hotplug_take_out(const struct bd_hotplug_choice *choice, libxl_domain_config *config);

/* block-bigdisk takes what a dead domain that is kept (rename-restart) still has for nobody's: the disks are its successor's. */
int bd_hotplug_leave_disks(uint32_t domid, struct bd_error *err);

/* The toolstack's function of that name. */
int bd_hotplug_describe(const struct bd_toolstack_host *host, struct bd_toolstack_hotplug *hotplug_out,
			struct bd_error *err);

/* What the program wants, of a host struct of any age. */
bool bd_hotplug_wants_xens(const struct bd_toolstack_host *host);

#endif
