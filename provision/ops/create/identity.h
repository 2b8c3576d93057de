/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The identity of a new guest: keys, passwords, files, and its unique numbers. */
#ifndef BD_OPS_CREATE_IDENTITY_H
#define BD_OPS_CREATE_IDENTITY_H

#include "base/err.h"
#include "guest/create_request.h"
#include "guest/identity.h"
#include "ops/create/job.h"

/* Reads the files that the request names. After the guest's name is known, and before anything random is drawn. */
int create_decide_identity(const struct bd_create_request *request, struct bd_identity *identity,
			   struct bd_error *err);
/* Of the filesystem of guest.disks.items[index]. */
int create_draw_mount_uuid(const struct bd_random *random, size_t index, uint8_t uuid_out[16], struct bd_error *err);
/* UUIDs, disk signature, hash seed. */
int create_decide_numbers(struct create_job *job, struct bd_error *err);

#endif
