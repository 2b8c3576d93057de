/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Downloads that are kept, in the folder "downloads" of the cache (base/file/cache.h): each under its SHA-256, and for each URL a file
 * that says which one it is and what the server called that version. Whatever is there may be removed at any time. Beyond
 * BD_DOWNLOADS_BYTES the ones that were used longest ago go. */
#ifndef BD_FETCH_DOWNLOAD_CACHE_H
#define BD_FETCH_DOWNLOAD_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "fetch/curl.h"

#define BD_DOWNLOADS_BYTES (UINT64_C(8) << 30)

struct bd_download_cache {
	int folder_fd; /* -1: there is none, and nothing is found or kept */
};

struct bd_kept_download {
	int fd; /* for reading; -1: there is none */
	char sha256[BD_DIGEST_TEXT_SIZE];
	char etag[256], last_modified[64]; /* "": not known */
};

#define BD_KEPT_DOWNLOAD_INIT \
	{ \
		.fd = -1 \
	}

/* Where the cache cannot be used, which is said, there is none. */
void bd_download_cache_open(struct bd_download_cache *cache_out);

/* What has that checksum ("sha256:HEX"), or was last got from that URL. Its content is what its checksum says; what is damaged is
 * removed. BD_KIND_CANCELED is the only error. */
int bd_download_cache_find(const struct bd_download_cache *cache, const char *sha256,
			   struct bd_kept_download *kept_out, struct bd_error *err);
int bd_download_cache_find_url(const struct bd_download_cache *cache, const char *url,
			       struct bd_kept_download *kept_out, struct bd_error *err);

/* A file for a download, without a name. is_ours_out: it can be kept. */
int bd_download_cache_draft(const struct bd_download_cache *cache, int *fd_out, bool *is_ours_out,
			    struct bd_error *err);

/* Keeps a draft. That it cannot be is no error: it comes again next time. */
void bd_download_cache_keep(const struct bd_download_cache *cache, const char *url,
			    const struct bd_curl_answer *answer, int fd);

void bd_kept_download_dispose(struct bd_kept_download *kept); /* idempotent */
void bd_download_cache_dispose(struct bd_download_cache *cache); /* idempotent */

#endif
