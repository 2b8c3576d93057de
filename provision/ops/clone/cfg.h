/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config of a copy. */
#ifndef BD_OPS_CLONE_CFG_H
#define BD_OPS_CLONE_CFG_H

#include "base/err.h"
#include "ops/clone/job.h"

/* The source's text, changed in its places. The caller frees. ENOTSUP: it cannot be changed so. */
int clone_cfg_text(const struct clone_job *job, char **text_out, struct bd_error *err);

#endif
