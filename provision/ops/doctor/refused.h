/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds configs that `start` would refuse. */
#ifndef BD_OPS_DOCTOR_REFUSED_H
#define BD_OPS_DOCTOR_REFUSED_H

#include "ops/doctor/findings.h"

/* Adds a finding of the check cfgs for each; after the configs were read. */
doctor_check doctor_check_refused;

#endif
