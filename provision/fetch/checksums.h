/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of checksums, as distributions publish them. Pure.
 *
 * Each line is one of coreutils' sha256sum(1) and sha512sum(1): "HEX  NAME", "HEX *NAME", or, as --tag and the BSDs write it,
 * "SHA256 (NAME) = HEX"; a name may have "./" and folders before it. Other lines, as those of a signature, count for nothing. A file
 * of one word is the checksum of whatever it belongs to. */
#ifndef BD_FETCH_CHECKSUMS_H
#define BD_FETCH_CHECKSUMS_H

#include "base/digest.h"
#include "base/err.h"

/* Of the file at path (or URL, without its query), as struct bd_digest writes it; SHA-512 before SHA-256. A line's name is the end of
 * the path; the longest counts. ENOENT: no line has its name. EINVAL: there are two such lines, and they differ. */
int bd_checksums_find(const char *text, const char *path, enum bd_digest_kind *kind_out,
		      char digest_out[BD_DIGEST_TEXT_SIZE], struct bd_error *err);

#endif
