/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Downloads with curl(1). Certificates, proxies and names are resolved as its environment says (CURL_CA_BUNDLE, https_proxy); its own
 * configuration file does not count. A connection that breaks is taken up again where it was, as long as the file is still the same. */
#ifndef BD_FETCH_CURL_H
#define BD_FETCH_CURL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "fetch/http_head.h"

struct bd_curl_request {
	const char *url; /* http:// or https://, of which a redirect leads to https:// only, unless: */
	bool may_be_plain; /* http:// will do: what comes is verified by other means */
	const char *what; /* for the error when it is larger than limit_bytes, which is EFBIG: "the file" */
	uint64_t limit_bytes;
	const char *etag, *last_modified; /* of a version that is here already; NULL or "": there is none */
	const char *stage; /* of the progress; NULL: none is shown */
};

struct bd_curl_answer {
	bool is_unchanged; /* the version that is here already is still the one; nothing was written */
	struct bd_http_head head;
	uint64_t size_bytes;
	char sha256[BD_DIGEST_TEXT_SIZE];
};

/* ENOPKG: it is not installed. */
int bd_curl_check(struct bd_error *err);

/* Writes it to fd, from its beginning. */
int bd_curl_get(const struct bd_curl_request *request, int fd, struct bd_curl_answer *answer_out,
		struct bd_error *err);

#endif
