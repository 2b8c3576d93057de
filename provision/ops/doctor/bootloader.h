/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks on our boot loader, and on the user that pygrub runs as. */
#ifndef BD_OPS_DOCTOR_BOOTLOADER_H
#define BD_OPS_DOCTOR_BOOTLOADER_H

#include "ops/doctor/findings.h"

/* Both after the configs were read: whether the program is where those who start guests find it; the host, each config that
 * restricts its bootloader, and each that has a pygrub with the power of root. */
doctor_check doctor_check_bigdisk, doctor_check_bootloader_user;

#endif
