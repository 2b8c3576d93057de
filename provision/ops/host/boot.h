/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The toolstack plugin for the running Xen, and the state of the guest that is booted with it. */
#ifndef BD_OPS_HOST_BOOT_H
#define BD_OPS_HOST_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/host/stages.h"
#include "toolstack/loader.h"

struct boot {
	struct bd_loaded_toolstack toolstack;
	struct bd_toolstack_host host;
	bool created; /* a domain of ours is there */
	uint32_t domid;
	uint8_t uuid[16]; /* of the created domain */
	bool ready; /* the guest said so */
	double create_s, wait_s;
	struct boot_stages stages; /* of both */
	bool shows_boot_loader; /* its menu on the terminal that is standard input and output */
};

void boot_dispose(struct boot *boot); /* idempotent; leaves the domain alone */

/* Loads the plugin for the running Xen. ENODEV: no Xen runs here; EPERM: not root. */
int boot_load(struct boot *boot, struct bd_error *err);

/* Opens the loaded plugin's toolstack. */
int boot_open(const struct boot *boot, struct bd_toolstack **toolstack_out, struct bd_error *err);
/* Opens it, asks it about the host, and closes it. */
int boot_machine(const struct boot *boot, struct bd_toolstack_machine *machine_out, struct bd_error *err);

/* Whether a guest's bootloader can be run without privileges by the Xen that runs here. */
bool boot_can_restrict(const struct bd_xen_version *xen);

#endif
