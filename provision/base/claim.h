/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A claim on a path, held by one process at a time and gone with it, however it ends.
 *
 * It is a name in the kernel's abstract socket namespace, so there is no lock file to be left behind.
 */
#ifndef BD_BASE_CLAIM_H
#define BD_BASE_CLAIM_H

#include "base/err.h"

/* EBUSY: another process has it. The claim lasts until claim_fd_out is closed. */
int bd_claim(const char *path, int *claim_fd_out, struct bd_error *err);

#endif
