/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds logical volumes that were made for guests and that no guest has. */
#ifndef BD_OPS_DOCTOR_VOLUMES_H
#define BD_OPS_DOCTOR_VOLUMES_H

#include "ops/doctor/findings.h"

/* After the configs were read. Nothing is found where there are no such volumes, or where LVM is not here. */
doctor_check doctor_check_volumes;

#endif
