/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks on the files that configs name, and on those that none names. */
#ifndef BD_OPS_DOCTOR_DISKS_H
#define BD_OPS_DOCTOR_DISKS_H

#include "ops/doctor/findings.h"

/* After the domains and the configs were read. */
doctor_check doctor_check_disks, doctor_check_unused;

#endif
