/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the programs of LVM. What changes something runs to its end, also after Ctrl-C. */
#ifndef BD_VOLUME_LVM_H
#define BD_VOLUME_LVM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Whether it is installed, and this user may use it. */
bool bd_lvm_is_usable(void);

/* argv: NULL-terminated. ENOPKG: LVM is not installed; EPERM: only root may use it; EIO: it failed, and the message says why. */
int bd_lvm_run(const char *const *argv, struct bd_error *err);
/* The same, with its standard output; the caller frees. */
int bd_lvm_report(const char *const *argv, char **text_out, size_t *size_out, struct bd_error *err);

#endif
