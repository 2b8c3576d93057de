/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prepared image of a template: the template as a filesystem of one size, kept with it, whose blocks guests
 * share. */
#ifndef BD_OPS_CREATE_PREPARED_H
#define BD_OPS_CREATE_PREPARED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/create/job.h"

struct bd_sealed;
struct bd_template;

/* Finds it, or makes it where the filesystem can share blocks with the image of image_fd, which stays as it is (of a disk that
 * is there, on_device, its folder is looked at instead). fd_out is -1 where there is none to be had, as where the guest's root
 * filesystem does not have all of the template's files (ops/create/mounts.h). base_time: ctime of the template's files. */
int create_open_prepared(const struct create_job *job, const struct bd_template *template, int image_fd,
			 int64_t base_time, int *fd_out, struct bd_error *err);

/* Whether guests whose images are in this folder share a template's blocks. */
bool create_shares_blocks(const struct bd_sealed *sealed, const char *folder);

#endif
