/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gets a source from elsewhere. */
#ifndef BD_FETCH_FETCH_H
#define BD_FETCH_FETCH_H

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "fetch/reference.h"
#include "fetch/scratch.h"

struct bd_fetched {
	int fd; /* a container image in a directory; -1: none */
	char digest[BD_DIGEST_TEXT_SIZE]; /* of the image's manifest; "": not known */
	struct bd_scratch scratch;
};

#define BD_FETCHED_INIT \
	{ \
		.fd = -1, .scratch = BD_SCRATCH_INIT \
	}

/* Before something is got: BD_EUSAGE: it cannot be got. ENOPKG: a program is missing. */
int bd_fetch_check(const struct bd_reference *reference, struct bd_error *err);

/* Gets it. platform: of a container image; NULL: the importer's own. limit_bytes: what it may take; EFBIG: it takes more. */
int bd_fetch(const struct bd_reference *reference, const char *platform, uint64_t limit_bytes,
	     struct bd_fetched *fetched_out, struct bd_error *err);

void bd_fetched_dispose(struct bd_fetched *fetched); /* idempotent */

#endif
