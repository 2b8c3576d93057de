/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All random values of a guest: from the kernel, or (--seed) derived from a text, so that the same text gives the
 * same guest. Each value has its own label, and does not depend on which others were generated before. */
#ifndef BD_BASE_RANDOM_H
#define BD_BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_random {
	bool seeded; /* false, as in a zeroed struct: from the kernel */
	uint8_t key[32];
};

/* Two names with one seed have nothing in common. */
int bd_random_seed(struct bd_random *random, const char *seed, const char *name, struct bd_error *err);

/* label: what it is for ("root filesystem uuid"); with a seed the same label gives the same bytes again. */
int bd_random_fill(const struct bd_random *random, const char *label, void *out, size_t size_bytes,
		   struct bd_error *err);
/* A version 4 UUID. */
int bd_random_fill_uuid(const struct bd_random *random, const char *label, uint8_t uuid_out[16],
			struct bd_error *err);

/* Seconds since the epoch: SOURCE_DATE_EPOCH where it is set (reproducible-builds.org), else the clock's. */
int bd_now(int64_t *seconds_out, struct bd_error *err);

#endif
