/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest whose disk is a copy of a whole one (template/disk/seal.h): nothing is written into its filesystems, and what the guest is to be
 * told is on its seed disk. */
#ifndef BD_OPS_CREATE_WHOLE_DISK_H
#define BD_OPS_CREATE_WHOLE_DISK_H

#include <stdbool.h>

#include "base/err.h"
#include "guest/create_request.h"
#include "ops/create/job.h"
#include "template/store.h"

/* Whether the request's template is one, which the job notes. A template that is not there, or damaged, is found out when it is
 * used. BD_EUSAGE: something was asked for that would have to be written into it. */
int create_whole_disk_look(const struct bd_create_request *request, struct create_job *job, struct bd_error *err);

/* Type and boot: what is asked for, else what boots most surely. */
int create_whole_disk_decide_boot(const struct bd_create_request *request, struct create_job *job,
				  struct bd_error *err);
/* The template's size, the device's, or what is asked for. BD_EUSAGE: it is smaller than the template's. */
int create_whole_disk_decide_size(const struct bd_create_request *request, struct create_job *job,
				  struct bd_error *err);

/* Opens the template, which is whole as far as that costs nothing, and there is room for it. The caller disposes of stored, which is
 * initialized, in any case. */
int create_whole_disk_open(const struct create_job *job, struct bd_stored *stored, struct bd_error *err);

/* Whether guests whose images are in this folder share the blocks of the template's disk. */
bool create_whole_disk_shares(int disk_fd, const char *folder);

/* Copies what was opened to the image's or the device's descriptor, and fits its table to the size. */
int create_whole_disk_write(const struct create_job *job, const struct bd_stored *stored, int fd,
			    struct bd_error *err);

#endif
