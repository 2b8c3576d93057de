/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network interfaces in the config of a copy. Each function that has the text as a parameter replaces it by the
 * changed one. */
#ifndef BD_OPS_CLONE_VIF_H
#define BD_OPS_CLONE_VIF_H

#include <stdbool.h>

#include "base/err.h"
#include "guest/renew.h"
#include "ops/clone/job.h"
#include "xlcfg/read.h"

/* The MAC addresses of the source, and those of the copy in their places. */
int clone_vif_words(const struct clone_job *job, struct bd_word_changes *words, struct bd_error *err);
/* The interfaces that the copy configures: their bridges, and a MAC address where there was none, which the files in the
 * guest go by. */
int clone_vif_configured(const struct clone_job *job, char **text, struct bd_error *err);
/* Each ip=, by which dom0's scripts set up routes and filters: the copy's own, else none. */
int clone_vif_addresses(const struct clone_job *job, char **text, struct bd_error *err);
/* False: two interfaces have one MAC address, or one has the source's. */
bool clone_vif_is_own(const struct clone_job *job, const struct bd_cfg *copy);

#endif
