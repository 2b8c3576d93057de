/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots a guest from its config through the toolstack plugin, for `new` and `start`. */
#ifndef BD_OPS_HOST_BOOT_DOMAIN_H
#define BD_OPS_HOST_BOOT_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/host/boot.h"

#define BOOT_WAIT_DEFAULT_S 120

/* EEXIST when a domain has that name. */
int boot_check_name(struct boot *boot, const char *name, struct bd_error *err);

/* ENOSPC: Xen has less for it, whatever dom0 could give up. What a guest needs in addition to its memory is not
 * counted. freed_kib: of a domain that is destroyed before. */
int boot_check_memory(struct boot *boot, const char *name, uint64_t memory_mib, uint64_t freed_kib,
		      struct bd_error *err);

int boot_create(struct boot *boot, const char *cfg_path, struct bd_error *err);

/* Waits for what, of the domain with boot's uuid. What that means for the guest is the caller's to say. */
int boot_wait_for(const struct boot *boot, enum bd_toolstack_wait_for what, unsigned seconds,
		  enum bd_toolstack_wait_result *result_out, struct bd_error *err);

/* Waits until the domains with that UUID are other ones, or have other states, than when *seen was set; 0 is as none was seen
 * yet, and does not wait. At most so long, and some seconds in any case: not all that a list of the domains tells is such a
 * change, and the caller reads it again. BD_ECANCELED. */
int boot_wait_change(const struct boot *boot, const uint8_t uuid[16], uint64_t *seen, double longest_s,
		     struct bd_error *err);

/* Waits until the guest says that it is up. never_reports: nothing in it does (xlcfg/read.h), which is said instead.
 * ETIMEDOUT: it runs, but did not say so within the time; ECHILD: it crashed or powered off. */
int boot_wait(struct boot *boot, const char *name, bool never_reports, unsigned seconds, struct bd_error *err);

/* Destroys the created domain, whatever domid it has by now. On failure it may still run. */
int boot_destroy(struct boot *boot, struct bd_error *err);

/* Becomes the console client; returns on failure only. */
int boot_console(struct boot *boot, struct bd_error *err);

#endif
