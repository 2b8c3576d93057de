/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check on the records of guests that are no more. */
#ifndef BD_OPS_DOCTOR_RECORDS_H
#define BD_OPS_DOCTOR_RECORDS_H

#include "ops/doctor/findings.h"

doctor_check doctor_check_records;

#endif
