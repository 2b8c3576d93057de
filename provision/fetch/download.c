/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cache, curl, and what is to be verified, in their order. */
#include "fetch/download.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/file/temporary_file.h"
#include "base/log.h"
#include "fetch/curl.h"
#include "fetch/download_cache.h"

struct download {
	const struct bd_reference *reference;
	uint64_t limit_bytes;
	struct bd_proof_facts facts;
	struct bd_download_cache cache;
	struct bd_kept_download kept;
	bool is_proved;
};

static int verify_kept(struct download *download, int *fd_out, char sha256_out[BD_DIGEST_TEXT_SIZE],
		       struct bd_error *err)
{
	struct bd_kept_download *kept = &download->kept;

	if (bd_proof_verify(&download->facts, kept->fd, kept->sha256, err) != 0)
		return -1;
	bd_info("%s was in the cache", download->reference->name);
	snprintf(sha256_out, BD_DIGEST_TEXT_SIZE, "%s", kept->sha256);
	*fd_out = bd_take_fd(&kept->fd);
	return 0;
}

static int fail_full(bool is_in_cache, struct bd_error *err)
{
	return bd_no_room(
		err, "the download goes into %s, for which there is no room; set %s to a directory with more",
		is_in_cache ? "the cache" : bd_temporary_folder(), is_in_cache ? "XEN_BIGDISK_CACHE" : "TMPDIR");
}

static int get(struct download *download, int *fd_out, char sha256_out[BD_DIGEST_TEXT_SIZE], struct bd_error *err)
{
	const struct bd_curl_request request = { .url = download->reference->target,
						 .may_be_plain = download->is_proved,
						 .what = "the file",
						 .limit_bytes = download->limit_bytes,
						 .etag = download->kept.etag,
						 .last_modified = download->kept.last_modified,
						 .stage = "downloading" };
	BD_CLOSE int fd = -1;
	struct bd_curl_answer answer;
	bool is_ours;

	if (bd_download_cache_draft(&download->cache, &fd, &is_ours, err) != 0)
		return -1;
	if (bd_curl_get(&request, fd, &answer, err) != 0)
		return err->kind == BD_KIND_NO_ROOM ? fail_full(is_ours, err) : -1;
	if (answer.is_unchanged)
		return download->kept.fd >= 0
			       ? verify_kept(download, fd_out, sha256_out, err)
			       : bd_fail(err, EIO, "the server says that it is unchanged, which it was not asked");
	if (bd_proof_verify(&download->facts, fd, answer.sha256, err) != 0)
		return -1;
	if (is_ours)
		bd_download_cache_keep(&download->cache, download->reference->target, &answer, fd);
	snprintf(sha256_out, BD_DIGEST_TEXT_SIZE, "%s", answer.sha256);
	*fd_out = bd_take_fd(&fd);
	return 0;
}

static int find_or_get(struct download *download, int *fd_out, char sha256_out[BD_DIGEST_TEXT_SIZE],
		       struct bd_error *err)
{
	const struct bd_proof_facts *facts = &download->facts;

	bd_download_cache_open(&download->cache);
	if (facts->has_digest && facts->kind == BD_DIGEST_SHA256 &&
	    bd_download_cache_find(&download->cache, facts->digest, &download->kept, err) != 0)
		return -1;
	if (download->kept.fd >= 0)
		return verify_kept(download, fd_out, sha256_out, err);
	return bd_download_cache_find_url(&download->cache, download->reference->target, &download->kept, err) == 0
		       ? get(download, fd_out, sha256_out, err)
		       : -1;
}

int bd_download(const struct bd_reference *reference, const struct bd_proof *proof, uint64_t limit_bytes, int *fd_out,
		char sha256_out[BD_DIGEST_TEXT_SIZE], struct bd_error *err)
{
	struct download download = { .reference = reference,
				     .limit_bytes = limit_bytes,
				     .facts = BD_PROOF_FACTS_INIT,
				     .cache = { .folder_fd = -1 },
				     .kept = BD_KEPT_DOWNLOAD_INIT,
				     .is_proved = bd_proof_is_asked(proof) };

	if (!download.is_proved && bd_is_tls_url(reference->target))
		bd_info("%s is taken as its server sends it: there is no checksum or signature to verify it by",
			reference->name);
	int r = bd_proof_get(proof, reference->name, &download.facts, err) == 0
			? find_or_get(&download, fd_out, sha256_out, err)
			: -1;
	bd_proof_facts_dispose(&download.facts);
	bd_kept_download_dispose(&download.kept);
	bd_download_cache_dispose(&download.cache);
	return r;
}
