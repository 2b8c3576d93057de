/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user that the bootloader of a PV or PVH guest runs as: bootloader_restrict and bootloader_user of a config. */
#ifndef BD_LIBXL_CONFIG_BOOTLOADER_H
#define BD_LIBXL_CONFIG_BOOTLOADER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <libxl.h>

#include "base/err.h"

/* Of libxl: the account that all restricted bootloaders share, and the one whose uid begins a range, of which each
 * domain has the one at its domid. */
#define BD_BOOTLOADER_SHARED "xen-qemuuser-shared"
#define BD_BOOTLOADER_RANGE_BASE "xen-qemuuser-range-base"
/* Xen has no guest with a higher domid (DOMID_FIRST_RESERVED), nor the range a higher uid. */
#define BD_BOOTLOADER_DOMID_LAST 0x7fefu

/* What a config says. libxl has members for it from Xen 4.18 on; a libxl of 4.17 with the fixes for XSA-443 looks
 * into the environment, which is why it is kept apart from the libxl_domain_config. */
struct bd_bootloader_user {
	bool said, restricted;
	char *user; /* owned; NULL: libxl chooses */
};

void bd_bootloader_user_dispose(struct bd_bootloader_user *user); /* idempotent */

/* Whether the guest's kernel is found by a bootloader. */
bool bd_bootloader_runs(const libxl_domain_config *config);

/* Whether this libxl can run a bootloader restricted, whatever way it is told. */
bool bd_bootloader_can_restrict(void);

/* A uid that may read the guest's disk while its bootloader runs. */
struct bd_bootloader_loan {
	int fd; /* of the disk; -1: nothing is lent */
	uid_t base, uid;
};

#define BD_BOOTLOADER_LOAN_INIT \
	{ \
		.fd = -1, .base = 0, .uid = 0 \
	}

/* Before the domain is made: tells libxl. Where there is a range of uids, the domain is to have one of its own
 * instead of the shared account, and loan_out is open; where the disk cannot be lent, it has the shared account. */
int bd_bootloader_choose(const struct bd_bootloader_user *user, libxl_domain_config *config,
			 struct bd_bootloader_loan *loan_out, struct bd_error *err);
/* What libxl has been told by that: whether it runs the bootloader restricted. user_out: the account, borrowed from config or
 * the environment; NULL: libxl chooses. */
bool bd_bootloader_is_restricted(const libxl_domain_config *config, const char **user_out);
/* Once its domid is known, and before libxl starts the bootloader: lets its uid read the disk. */
int bd_bootloader_lend(struct bd_bootloader_loan *loan, uint32_t domid, struct bd_error *err);
/* Takes it back, of whatever domain of the range has it, and closes. Idempotent. */
void bd_bootloader_take_back(struct bd_bootloader_loan *loan);

#endif
