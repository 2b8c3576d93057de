/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks, before anything is written, that a guest's files can be written to their directories, and that its
 * template fits its disk and memory. */
#ifndef BD_OPS_CREATE_ROOM_H
#define BD_OPS_CREATE_ROOM_H

#include <limits.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/create/job.h"
#include "ops/template/open.h"

int create_check_writable(const struct create_job *job, struct bd_error *err);

/* What is free in the folder of the image, which is no device. UINT64_MAX: the folder is not there yet, but is the system's. */
int create_free_bytes(const struct create_job *job, char folder_out[PATH_MAX], uint64_t *bytes_out,
		      struct bd_error *err);
/* BD_KIND_NO_ROOM: the template's files do not fit on what is free there. A template whose blocks can be shared takes none.
 * NULL: it has not been opened, and only the least that any takes is known. */
int create_check_room(const struct create_job *job, const struct bd_template *template, struct bd_error *err);

/* Whether a guest has room for a template, known from the sizes alone. payload_bytes: what the template's files take, in
 * whole blocks; room_bytes: of the root partition and of all that is mounted in it. A filesystem takes more than its files, so one that passes may still be
 * too small; none that would do is refused. BD_KIND_NO_ROOM. */
int create_check_fits(const char *template, uint64_t payload_bytes, uint64_t room_bytes, struct bd_error *err);

/* Whether a guest of that memory can unpack the template's kernel and initramfs, which take need_bytes. EINVAL. */
int create_check_memory(const char *template, uint64_t need_bytes, uint64_t memory_mib, struct bd_error *err);

#endif
