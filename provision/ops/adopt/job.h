/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is being done, for the files of this directory. */
#ifndef BD_OPS_ADOPT_JOB_H
#define BD_OPS_ADOPT_JOB_H

#include <stdbool.h>

#include "ops/adopt/adoption.h"

struct adopt_job {
	struct adoption *adoption;
	const char *name; /* that the guest gets */
	char *new_path, *text, *old_text; /* owned */
	bool in_place; /* the config has its path already */
	int lock_fd; /* on the config as it was found, which is read under it */
};

#endif
