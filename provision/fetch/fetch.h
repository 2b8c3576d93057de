/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gets a source from elsewhere, or verifies one that is here. */
#ifndef BD_FETCH_FETCH_H
#define BD_FETCH_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/file/scratch.h"
#include "fetch/proof.h"
#include "fetch/reference.h"

struct bd_fetched {
	int fd; /* a file, or a container image in a directory; -1: none */
	char digest[BD_DIGEST_TEXT_SIZE]; /* of the file, or of the image's manifest; "": not known */
	struct bd_scratch scratch;
};

#define BD_FETCHED_INIT \
	{ \
		.fd = -1, .scratch = BD_SCRATCH_INIT \
	}

/* Whether it has to be got: a path without a proof has not. */
bool bd_fetch_is_needed(const struct bd_reference *reference, const struct bd_proof *proof);

/* Before something is got. BD_EUSAGE: it cannot be got, or not be verified so. ENOPKG: a program is missing. */
int bd_fetch_check(const struct bd_reference *reference, const struct bd_proof *proof, struct bd_error *err);

/* Gets it, verified. platform: of a container image; NULL: the importer's own. limit_bytes: what it may take; EFBIG: it takes more. */
int bd_fetch(const struct bd_reference *reference, const struct bd_proof *proof, const char *platform,
	     uint64_t limit_bytes, struct bd_fetched *fetched_out, struct bd_error *err);

void bd_fetched_dispose(struct bd_fetched *fetched); /* idempotent */

#endif
