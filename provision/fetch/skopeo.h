/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Container images that skopeo(1) gets, from registries and from the stores of other programs. Which images are trusted, and with what
 * credentials, is what its own files say: containers-policy.json(5), containers-registries.conf(5), containers-auth.json(5). */
#ifndef BD_FETCH_SKOPEO_H
#define BD_FETCH_SKOPEO_H

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/file/scratch.h"

/* ENOPKG: it is not installed. */
int bd_skopeo_check(struct bd_error *err);

/* The image as it is, in a directory of skopeo's form "dir:", which import/oci/ reads. platform: "linux/arm/v7"; NULL: the importer's
 * own. limit_bytes: what it may take; EFBIG: it takes more. digest_out: of the manifest of that platform, as the registry has it. */
int bd_skopeo_copy(const char *reference, const char *platform, uint64_t limit_bytes, struct bd_scratch *scratch,
		   int *folder_fd_out, char digest_out[BD_DIGEST_TEXT_SIZE], struct bd_error *err);

#endif
