/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check on the user that pygrub runs as. */
#ifndef BD_OPS_DOCTOR_BOOTLOADER_H
#define BD_OPS_DOCTOR_BOOTLOADER_H

#include "ops/doctor/findings.h"

/* The host, and each config that restricts its bootloader; after the configs were read. */
doctor_check doctor_check_bootloader_user;

#endif
