/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All errors of one config, collected so that they can be reported together. */
#ifndef BD_LIBXL_CONFIG_FAULTS_H
#define BD_LIBXL_CONFIG_FAULTS_H

#include <stddef.h>

#include "libxl/config/source.h"

struct bd_faults {
	char text[BD_ERROR_MESSAGE_SIZE]; /* "PATH:3: this; line 5: that" */
	size_t used;
	unsigned count, left_out; /* left_out: for which there was no room */
};

/* A step of the reading returned r, and set err where that is not 0. What is wrong with the config (EINVAL) is kept, and
 * the next step may be tried: 0. -1: anything else; err stays as it is. */
int bd_faults_keep(struct bd_faults *faults, const struct bd_source *source, int r, struct bd_error *err);

/* EINVAL with all of them; 0: there is none. */
int bd_faults_end(const struct bd_faults *faults, struct bd_error *err);

#endif
