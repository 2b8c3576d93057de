/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses the way by what the reference is. */
#include "fetch/fetch.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "fetch/curl.h"
#include "fetch/download.h"
#include "fetch/skopeo.h"
#include "template/field.h"

bool bd_fetch_is_needed(const struct bd_reference *reference, const struct bd_proof *proof)
{
	return reference->kind != BD_REFERENCE_PATH || bd_proof_is_asked(proof) || proof->keyring;
}

static int check_url(const struct bd_reference *reference, const struct bd_proof *proof, struct bd_error *err)
{
	if (!bd_is_tls_url(reference->target) && !bd_is_plain_url(reference->target))
		return bd_usage(err, "%s is a URL that is not downloaded: only https:// and http:// are",
				reference->name);
	if (bd_is_plain_url(reference->target) && !bd_proof_is_asked(proof)) {
		bd_usage(err, "what comes by http:// may be anybody's: %s has to be verified, or come by https://",
			 reference->name);
		return bd_set_field(err, BD_TEMPLATE_FIELD_PROOF);
	}
	return bd_curl_check(err);
}

static int check_path(const struct bd_reference *reference, struct bd_error *err)
{
	struct stat there;

	if (strcmp(reference->target, "-") == 0)
		return bd_usage(err, "standard input cannot be verified before it is read: give the path of a file");
	if (stat(reference->target, &there) == 0 && !S_ISREG(there.st_mode) && !S_ISBLK(there.st_mode))
		return bd_usage(err, "only files can be verified, and %s is none", reference->target);
	return 0;
}

int bd_fetch_check(const struct bd_reference *reference, const struct bd_proof *proof, struct bd_error *err)
{
	if (bd_proof_check(proof, err) != 0)
		return -1;
	switch (reference->kind) {
	case BD_REFERENCE_URL:
		return check_url(reference, proof, err);
	case BD_REFERENCE_PATH:
		return check_path(reference, err);
	case BD_REFERENCE_IMAGE:
		break;
	}
	if (bd_proof_is_asked(proof))
		return bd_usage(
			err, "a container image is verified by the digest in its reference (NAME@sha256:...), and by "
			     "skopeo's policy");
	return bd_skopeo_check(err);
}

static int open_local(const struct bd_reference *reference, const struct bd_proof *proof, struct bd_fetched *fetched,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_proof_facts_dispose) struct bd_proof_facts facts = BD_PROOF_FACTS_INIT;

	if (bd_proof_get(proof, reference->target, &facts, err) != 0)
		return -1;
	fetched->fd = bd_open_for_reading(reference->target, err);
	if (fetched->fd < 0)
		return err->code == ENOENT ? bd_not_found(err, "%s", err->message) : -1;
	if (bd_digest_file(fetched->fd, BD_DIGEST_SHA256, "computing the checksum", fetched->digest, err) != 0)
		return -1;
	return bd_proof_verify(&facts, fetched->fd, fetched->digest, err);
}

static int get(const struct bd_reference *reference, const struct bd_proof *proof, const char *platform,
	       uint64_t limit_bytes, struct bd_fetched *fetched, struct bd_error *err)
{
	switch (reference->kind) {
	case BD_REFERENCE_URL:
		return bd_download(reference, proof, limit_bytes, &fetched->fd, fetched->digest, err);
	case BD_REFERENCE_PATH:
		return open_local(reference, proof, fetched, err);
	case BD_REFERENCE_IMAGE:
		break;
	}
	return bd_scratch_make(&fetched->scratch, err) == 0
		       ? bd_skopeo_copy(reference->target, platform, limit_bytes, &fetched->scratch, &fetched->fd,
					fetched->digest, err)
		       : -1;
}

int bd_fetch(const struct bd_reference *reference, const struct bd_proof *proof, const char *platform,
	     uint64_t limit_bytes, struct bd_fetched *fetched_out, struct bd_error *err)
{
	BD_DISPOSE(bd_fetched_dispose) struct bd_fetched fetched = BD_FETCHED_INIT;

	if (bd_fetch_check(reference, proof, err) != 0)
		return -1;
	if (get(reference, proof, platform, limit_bytes, &fetched, err) != 0)
		return err->kind == BD_KIND_CANCELED || err->kind == BD_KIND_NOT_FOUND
			       ? -1
			       : bd_wrap(err, "cannot import %s", reference->name);
	*fetched_out = fetched;
	fetched = (struct bd_fetched)BD_FETCHED_INIT;
	return 0;
}

void bd_fetched_dispose(struct bd_fetched *fetched)
{
	bd_cleanup_close(&fetched->fd);
	bd_scratch_dispose(&fetched->scratch);
	*fetched = (struct bd_fetched)BD_FETCHED_INIT;
}
