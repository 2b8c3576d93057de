/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check on the monitors behind running guests. */
#ifndef BD_OPS_DOCTOR_MONITORS_H
#define BD_OPS_DOCTOR_MONITORS_H

#include "ops/doctor/findings.h"

/* After the domains and the configs were read. */
doctor_check doctor_check_monitors;

#endif
