/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a source is verified before it is read: by a checksum, by a signature, or by a signature over a file of checksums. */
#ifndef BD_FETCH_PROOF_H
#define BD_FETCH_PROOF_H

#include <stdbool.h>

#include "base/digest.h"
#include "base/err.h"

/* What is asked for. Files are named by a path or a URL; NULL: there is none. */
struct bd_proof {
	const char *
		checksum; /* "sha256:HEX", "sha512:HEX", or a file of them (fetch/checksums.h), which may be clearsigned */
	const char *
		signature; /* the file of a detached signature: over the file of checksums if there is one, else over the source */
	const char *keyring; /* the path of a file with the keys that may have signed */
};

/* What the source has to be. */
struct bd_proof_facts {
	bool has_digest;
	enum bd_digest_kind kind;
	char digest[BD_DIGEST_TEXT_SIZE];
	int signature_fd, keyring_fd; /* of the signature over the source; -1: there is none */
};

#define BD_PROOF_FACTS_INIT \
	{ \
		.signature_fd = -1, .keyring_fd = -1 \
	}

bool bd_proof_is_asked(const struct bd_proof *proof);

/* Before anything is got. BD_EUSAGE: they do not fit together. ENOPKG: gpgv or curl is missing. */
int bd_proof_check(const struct bd_proof *proof, struct bd_error *err);

/* Gets and verifies the files. path: of the source, by which a file of checksums knows it. */
int bd_proof_get(const struct bd_proof *proof, const char *path, struct bd_proof_facts *facts_out,
		 struct bd_error *err);

/* The whole of fd. sha256: of it, if known; NULL: is computed if need be. EBADMSG: it is something else; EACCES: it is not signed so. */
int bd_proof_verify(const struct bd_proof_facts *facts, int fd, const char *sha256, struct bd_error *err);

void bd_proof_facts_dispose(struct bd_proof_facts *facts); /* idempotent */

#endif
