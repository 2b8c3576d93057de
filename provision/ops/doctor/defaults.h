/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of `doctor` on the host's defaults for new guests. */
#ifndef BD_OPS_DOCTOR_DEFAULTS_H
#define BD_OPS_DOCTOR_DEFAULTS_H

#include "ops/doctor/findings.h"

doctor_check doctor_check_defaults;

#endif
