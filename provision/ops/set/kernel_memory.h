/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a guest can still boot with less memory. */
#ifndef BD_OPS_SET_KERNEL_MEMORY_H
#define BD_OPS_SET_KERNEL_MEMORY_H

#include <stdint.h>

#include "base/err.h"
#include "ops/set/job.h"

/* EINVAL: the kernel and initramfs that it boots by default need more than it is to have, as `new` checks it for a template. What cannot be
 * told is no failure. */
int set_check_kernel_memory(const struct set_job *job, struct bd_error *err);

/* The same where it is known what they need. */
int set_check_memory_need(const struct set_job *job, uint64_t need_bytes, struct bd_error *err);

#endif
