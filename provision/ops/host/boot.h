/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Booting a guest from its cfg through the toolstack plugin, for `new` and `start`. */
#ifndef BD_OPS_HOST_BOOT_H
#define BD_OPS_HOST_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "toolstack/loader.h"

#define BOOT_WAIT_DEFAULT_S 120

struct boot {
	struct bd_loaded_toolstack toolstack;
	struct bd_toolstack_host host;
	bool created; /* a domain of ours is there */
	uint32_t domid;
	uint8_t uuid[16]; /* of the created domain */
	bool ready; /* the guest said so */
	double create_s, wait_s;
};

void boot_init(struct boot *boot);
void boot_dispose(struct boot *boot); /* idempotent; leaves the domain alone */

/* Loads the plugin for the running Xen. ENODEV: no Xen runs here; EPERM: not root. */
int boot_load(struct boot *boot, struct bd_error *err);

/* Opens the loaded plugin's toolstack. */
int boot_open(const struct boot *boot, struct bd_toolstack **toolstack_out, struct bd_error *err);
/* What a plugin's call has failed with, as an error of ours. */
int boot_carry(const struct bd_toolstack_error *from, struct bd_error *err);

/* Whether a guest's bootloader can be run without privileges by the Xen that runs here. */
bool boot_can_restrict(const struct bd_xen_version *xen);

/* EEXIST when a domain has that name. */
int boot_check_name(struct boot *boot, const char *name, struct bd_error *err);

/* ENOSPC: Xen has less for it, whatever dom0 could give up. What a guest takes beside its memory is not counted. */
int boot_check_memory(struct boot *boot, const char *name, uint64_t memory_mib, struct bd_error *err);

int boot_create(struct boot *boot, const char *cfg_path, struct bd_error *err);

/* ETIMEDOUT: it runs, but did not say that it is up within the time; ECHILD: it crashed or powered off. */
int boot_wait(struct boot *boot, const char *name, unsigned seconds, struct bd_error *err);

/* Destroys the created domain, whatever domid it has by now. On failure it may still run. */
int boot_destroy(struct boot *boot, struct bd_error *err);

/* Becomes the console client; returns on failure only. */
int boot_console(struct boot *boot, struct bd_error *err);

#endif
