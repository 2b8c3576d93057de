/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges whether a guest's config matches its disks. */
#ifndef BD_OPS_CHECK_CHECK_CFG_H
#define BD_OPS_CHECK_CHECK_CFG_H

#include <stdbool.h>

#include "base/err.h"
#include "ops/check/finding.h"
#include "ops/image/place.h"
#include "xlcfg/read.h"

/* What the config names outside its disks: kernel and initramfs of dom0's. */
int check_cfg_files(const struct bd_cfg *cfg, struct findings *findings, struct bd_error *err);

/* *is_raw_out: false where the image is in another format, which has a finding then. cfg, text: of the guest and its file; NULL:
 * there is none. */
int check_cfg_format(const struct image_place *place, const struct bd_cfg *cfg, const char *text, bool *is_raw_out,
		     struct findings *findings, struct bd_error *err);

#endif
