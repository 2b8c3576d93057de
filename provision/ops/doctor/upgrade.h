/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks what an upgrade leaves to be done: of Xen, before the host is booted again; of xen-bigdisk, while guests run. */
#ifndef BD_OPS_DOCTOR_UPGRADE_H
#define BD_OPS_DOCTOR_UPGRADE_H

#include "ops/doctor/findings.h"

/* Each hypervisor in /boot has its plugin. */
doctor_check doctor_check_next_boot;
/* Monitors that run the program as it was before it was upgraded. */
doctor_check doctor_check_upgraded;

#endif
