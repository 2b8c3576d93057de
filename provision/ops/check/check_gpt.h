/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges both copies of a GPT and the MBR before it. */
#ifndef BD_OPS_CHECK_CHECK_GPT_H
#define BD_OPS_CHECK_CHECK_GPT_H

#include "base/err.h"
#include "ops/check/check_disk.h"
#include "ops/check/finding.h"

/* Of a disk whose table is a GPT. */
int check_gpt(const struct check_disk *disk, struct findings *findings, struct bd_error *err);
/* Of a disk where there is a GPT that does not count as it is, or where there should be one; else it finds nothing. */
int check_hidden_gpt(const struct check_disk *disk, struct findings *findings, struct bd_error *err);

#endif
