/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks the files that configs name, and looks for files that none names. */
#ifndef BD_OPS_DOCTOR_DISKS_H
#define BD_OPS_DOCTOR_DISKS_H

#include "ops/doctor/findings.h"

/* After the domains and the configs were read. */
doctor_check doctor_check_disks, doctor_check_unused;

#endif
