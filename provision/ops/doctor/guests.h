/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks the guests: room for their disks, their configs, and what starts with dom0. */
#ifndef BD_OPS_DOCTOR_GUESTS_H
#define BD_OPS_DOCTOR_GUESTS_H

#include "ops/doctor/findings.h"

doctor_check doctor_check_disk_space;
/* cfgs; after the domains were read. */
doctor_check doctor_check_cfgs;
doctor_check doctor_check_autostart;

#endif
