/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The size of the disk and, if it is a block device, whether that may be used. */
#ifndef BD_OPS_CREATE_DEVICE_H
#define BD_OPS_CREATE_DEVICE_H

#include <stdint.h>

#include "base/err.h"
#include "disk/device.h"
#include "guest/create_request.h"
#include "ops/create/job.h"

/* What was asked for, the device's own size, or the default. */
int create_decide_size(const struct bd_create_request *request, uint64_t *size_bytes_out, struct bd_error *err);

/* Both do nothing where the disk is a file. To check touches nothing. BD_KIND_IN_USE: it is another guest's. */
int create_device_open(const struct create_job *job, enum bd_device_access access, struct bd_device *device_out,
		       struct bd_error *err);
int create_device_check(const struct create_job *job, struct bd_error *err);

#endif
