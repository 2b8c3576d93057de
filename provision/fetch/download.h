/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Downloads a source, unless the version that is in the cache is still the one. */
#ifndef BD_FETCH_DOWNLOAD_H
#define BD_FETCH_DOWNLOAD_H

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "fetch/proof.h"
#include "fetch/reference.h"

/* What is given out has been verified, and only that is kept. By its checksum, if that is a SHA-256, it comes from the cache without
 * any connection. */
int bd_download(const struct bd_reference *reference, const struct bd_proof *proof, uint64_t limit_bytes, int *fd_out,
		char sha256_out[BD_DIGEST_TEXT_SIZE], struct bd_error *err);

#endif
