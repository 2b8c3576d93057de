/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes it impossible to bring a guest among those of the program: files that are not there, other guests, its config. */
#ifndef BD_OPS_ADOPT_CHECKS_H
#define BD_OPS_ADOPT_CHECKS_H

#include "base/err.h"
#include "ops/adopt/job.h"

/* ENOENT: a disk, the kernel or the initramfs is not there. */
int adopt_check_files(const struct bd_cfg *cfg, struct bd_error *err);
/* folder: of the configs. BD_KIND_EXISTS: another guest has the name, the UUID, a disk, or the place of one. */
int adopt_check_guests(const struct adopt_job *job, const char *folder, struct bd_error *err);
/* EINVAL: `start` would refuse it. */
int adopt_check_cfg(const char *path, struct bd_error *err);

#endif
