/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of an answer of HTTP (RFC 9110), as curl's --dump-header writes it. Pure; it was sent by anybody. */
#ifndef BD_FETCH_HTTP_HEAD_H
#define BD_FETCH_HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

struct bd_http_head {
	unsigned status; /* 200 */
	char etag[256], last_modified[64]; /* printable; "": there is none, or a longer one */
	uint64_t length_bytes; /* of what comes; 0: not known */
	bool has_range;
	uint64_t range_at_bytes; /* where in the whole it begins */
};

/* Of several heads, as redirects have them, the last. False: there is none. */
bool bd_http_head_parse(const char *text, struct bd_http_head *head_out);

/* What If-Range may name for it: a strong ETag, or its date; NULL: neither. */
const char *bd_http_head_validator(const struct bd_http_head *head);

#endif
