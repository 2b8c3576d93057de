/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a guest's files can be written where they are to be, looked at before anything is fetched or written. */
#ifndef BD_OPS_CREATE_ROOM_H
#define BD_OPS_CREATE_ROOM_H

#include "base/err.h"
#include "ops/create/job.h"

/* BD_KIND_NO_ROOM: the template does not fit on what is free there. A template whose blocks can be shared takes none. */
int create_check_room(const struct create_job *job, struct bd_error *err);

#endif
