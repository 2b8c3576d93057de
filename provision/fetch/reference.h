/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a source's name says it is: a path, a URL, or a container image by a transport of containers-transports(5). */
#ifndef BD_FETCH_REFERENCE_H
#define BD_FETCH_REFERENCE_H

#include <stdbool.h>

#include "base/err.h"

enum bd_reference_kind {
	BD_REFERENCE_PATH, /* also of a container image that lies in a file or directory: "oci:PATH" */
	BD_REFERENCE_URL,
	BD_REFERENCE_IMAGE, /* that skopeo gets */
};

struct bd_reference {
	enum bd_reference_kind kind;
	char *target; /* the path, the URL, or what skopeo gets */
	char *tag; /* of the image at the path; NULL: none is named */
	char *name; /* for messages and records: without passwords and queries, and of a path its last part only */
	bool is_transport; /* a path that was named by a transport */
};

/* A word and "://", or a transport and ":", is never a path; "./" before a file's name is. BD_EUSAGE: no protocol that is supported,
 * or nothing behind it. */
int bd_reference_parse(const char *source, struct bd_reference *reference_out, struct bd_error *err);
void bd_reference_dispose(struct bd_reference *reference); /* idempotent */

bool bd_is_url(const char *location); /* of any protocol */
bool bd_is_plain_url(const char *location); /* http:// */
bool bd_is_tls_url(const char *location); /* https:// */

#endif
