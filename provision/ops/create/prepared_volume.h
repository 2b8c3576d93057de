/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prepared image of a template as a thin volume: a whole disk of one size with nothing on it but the template's filesystem. Guests
 * start as its snapshots, as they start as clones of the one in a file (disk/prepared_image.h) where the filesystem can share blocks. */
#ifndef BD_OPS_CREATE_PREPARED_VOLUME_H
#define BD_OPS_CREATE_PREPARED_VOLUME_H

#include <stdint.h>

#include "base/err.h"
#include "ext3/ext3.h"
#include "ops/create/job.h"
#include "volume/place.h"

struct bd_template;

/* Finds it in the job's thin pool, or makes it. name_out is "" where there is none to be had: the job's volume is not thin, the
 * template has no root filesystem that is sealed, or the guest's does not have all of its files (ops/create/mounts.h). base_time: ctime
 * of the template's files. BD_ECANCELED. */
int create_prepared_volume(const struct create_job *job, const struct bd_template *template, int64_t base_time,
			   char name_out[BD_VOLUME_NAME_SIZE], struct bd_base_layout *layout_out,
			   struct bd_error *err);

#endif
