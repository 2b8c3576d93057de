/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of a start, counted in the guest's record (events/record.h) and told to the journal (events/event.h). None of it
 * makes a start fail. */
#ifndef BD_OPS_HOST_STARTED_H
#define BD_OPS_HOST_STARTED_H

#include "base/err.h"
#include "ops/host/boot.h"

/* The domain is there. With the guest's lock held, so that the record is not another guest's when it is written. */
void boot_started(const struct boot *boot, const char *name, const char *cfg_path);

/* No domain came of it. A start that was canceled is none. */
void boot_not_started(const char *name, const char *cfg_path, const struct bd_error *why);

/* After boot_wait, which returned r: what all of the start took, or that the guest has not come up. */
void boot_waited(const struct boot *boot, const char *name, const char *cfg_path, int r, const struct bd_error *why);

#endif
