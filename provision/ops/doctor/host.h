/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks on the host around Xen. */
#ifndef BD_OPS_DOCTOR_HOST_H
#define BD_OPS_DOCTOR_HOST_H

#include "ops/doctor/findings.h"

/* The bridges that configs name; after the configs were read. */
doctor_check doctor_check_bridge;
doctor_check doctor_check_pygrub, doctor_check_grub, doctor_check_pvgrub, doctor_check_locks, doctor_check_templates;

#endif
