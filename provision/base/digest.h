/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checksums as others publish them: SHA-256 (sha256sum) and SHA-512 (sha512sum). As text they have the algorithm before them, as in
 * OCI's image-spec (descriptor.md): "sha256:" and hexadecimal digits in lower case. */
#ifndef BD_BASE_DIGEST_H
#define BD_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum bd_digest_kind { BD_DIGEST_SHA256, BD_DIGEST_SHA512, BD_DIGEST_COUNT };

#define BD_DIGEST_TEXT_SIZE 144 /* with the algorithm and the NUL */

const char *bd_digest_kind_name(enum bd_digest_kind kind); /* "sha256", "sha512" */
size_t bd_digest_digits(enum bd_digest_kind kind);

/* "sha256:HEX", digits in either case. False: it is none. */
bool bd_digest_parse(const char *text, enum bd_digest_kind *kind_out, char text_out[BD_DIGEST_TEXT_SIZE]);

struct bd_digest; /* of data that comes in parts */

int bd_digest_begin(enum bd_digest_kind kind, struct bd_digest **digest_out, struct bd_error *err);
void bd_digest_add(struct bd_digest *digest, const void *data, size_t size_bytes);
void bd_digest_end(struct bd_digest *digest, char text_out[BD_DIGEST_TEXT_SIZE]); /* then it is to be freed */
void bd_digest_free(struct bd_digest **digest);

/* Of a file from its beginning to its end, wherever fd stands. stage: of the progress; NULL: none is shown. BD_ECANCELED: a signal
 * came. */
int bd_digest_file(int fd, enum bd_digest_kind kind, const char *stage, char text_out[BD_DIGEST_TEXT_SIZE],
		   struct bd_error *err);

#endif
