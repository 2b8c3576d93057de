/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts checksums, signatures and keys together. */
#include "fetch/proof.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/progress.h"
#include "fetch/checksums.h"
#include "fetch/curl.h"
#include "fetch/keyring.h"
#include "fetch/reference.h"
#include "fetch/signature.h"
#include "fetch/small_file.h"
#include "template/field.h"

bool bd_proof_is_asked(const struct bd_proof *proof)
{
	return proof->checksum || proof->signature;
}

/* "sha256:", whatever is behind it. */
static bool has_algorithm(const char *checksum)
{
	for (unsigned i = 0; i < BD_DIGEST_COUNT; i++) {
		const char *name = bd_digest_kind_name((enum bd_digest_kind)i);
		if (strncmp(checksum, name, strlen(name)) == 0 && checksum[strlen(name)] == ':')
			return true;
	}
	return false;
}

static int check_file(const char *location, bool may_be_plain, int field, struct bd_error *err)
{
	if (!location || !bd_is_url(location))
		return 0;
	if (!bd_is_tls_url(location) && !bd_is_plain_url(location))
		return bd_usage_field(err, field, "only https:// and http:// are downloaded");
	if (bd_is_plain_url(location) && !may_be_plain)
		return bd_usage_field(
			err, field,
			"checksums by http:// may be anybody's: they have to be signed, or come by https://");
	return bd_curl_check(err);
}

static int check_digest(const char *checksum, struct bd_error *err)
{
	char text[BD_DIGEST_TEXT_SIZE];
	enum bd_digest_kind kind;

	return !checksum || !has_algorithm(checksum) || bd_digest_parse(checksum, &kind, text)
		       ? 0
		       : bd_usage_field(
				 err, BD_TEMPLATE_FIELD_CHECKSUM,
				 "\"%.20s\" is neither sha256: with 64 hexadecimal digits nor sha512: with 128",
				 checksum);
}

int bd_proof_check(const struct bd_proof *proof, struct bd_error *err)
{
	bool has_file = proof->checksum && !has_algorithm(proof->checksum);

	if (check_digest(proof->checksum, err) != 0 ||
	    check_file(has_file ? proof->checksum : NULL, proof->keyring != NULL, BD_TEMPLATE_FIELD_CHECKSUM, err) !=
		    0 ||
	    check_file(proof->signature, true, BD_TEMPLATE_FIELD_SIGNATURE, err) != 0)
		return -1;
	if (proof->signature && !proof->keyring)
		return bd_usage_field(err, BD_TEMPLATE_FIELD_SIGNATURE,
				      "needs the keys that may have signed it, in a keyring");
	if (proof->keyring && !proof->signature && !has_file)
		return bd_usage_field(err, BD_TEMPLATE_FIELD_KEYRING, "is for a signature, or for signed checksums");
	return proof->keyring ? bd_signature_check_program(err) : 0;
}

static int make_memory_file(const char *data, size_t size_bytes, int *fd_out, struct bd_error *err)
{
	BD_CLOSE int fd = memfd_create("file", MFD_CLOEXEC);

	if (fd < 0)
		return bd_fail_errno(err, "cannot make a memory file");
	if (bd_pwrite_all(fd, data, size_bytes, 0, "a memory file", err) != 0)
		return -1;
	*fd_out = bd_take_fd(&fd);
	return 0;
}

static int get_memory_file(const char *location, int *fd_out, struct bd_error *err)
{
	BD_FREE char *data = NULL;
	size_t size_bytes;

	return bd_small_file_get(location, true, &data, &size_bytes, err) == 0
		       ? make_memory_file(data, size_bytes, fd_out, err)
		       : -1;
}

static int wrap(const char *location, struct bd_error *err)
{
	BD_DISPOSE(bd_reference_dispose) struct bd_reference reference = { .kind = BD_REFERENCE_PATH };
	struct bd_error ignored = BD_ERROR_INIT;

	if (err->kind == BD_KIND_CANCELED || bd_reference_parse(location, &reference, &ignored) != 0)
		return -1;
	return bd_wrap(err, "the checksums in %s", reference.name);
}

/* The text of the checksums becomes what has been signed of it. */
static int verify_checksums(const struct bd_proof *proof, char **text, size_t size_bytes, struct bd_error *err)
{
	BD_CLOSE int keyring_fd = -1;
	BD_CLOSE int signature_fd = -1;
	BD_CLOSE int text_fd = -1;
	char *signed_text = NULL;

	if (!proof->signature && !bd_is_clearsigned(*text))
		return bd_fail(err, EACCES,
			       "they are not signed in their file; their signature has to be given, too");
	if (bd_keyring_open(proof->keyring, &keyring_fd, err) != 0 ||
	    make_memory_file(*text, size_bytes, &text_fd, err) != 0)
		return -1;
	if (proof->signature)
		return get_memory_file(proof->signature, &signature_fd, err) == 0
			       ? bd_signature_verify(text_fd, signature_fd, keyring_fd, err)
			       : -1;
	if (bd_signature_read_clear(text_fd, keyring_fd, &signed_text, err) != 0)
		return -1;
	free(*text);
	*text = signed_text;
	return 0;
}

static int find_in_file(const struct bd_proof *proof, const char *path, struct bd_proof_facts *facts,
			struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size_bytes;

	if (bd_small_file_get(proof->checksum, proof->keyring != NULL, &text, &size_bytes, err) != 0)
		return -1;
	if ((proof->keyring && verify_checksums(proof, &text, size_bytes, err) != 0) ||
	    bd_checksums_find(text, path, &facts->kind, facts->digest, err) != 0)
		return wrap(proof->checksum, err);
	facts->has_digest = true;
	return 0;
}

int bd_proof_get(const struct bd_proof *proof, const char *path, struct bd_proof_facts *facts_out,
		 struct bd_error *err)
{
	BD_DISPOSE(bd_proof_facts_dispose) struct bd_proof_facts facts = BD_PROOF_FACTS_INIT;
	bool has_file = proof->checksum && !has_algorithm(proof->checksum);

	if (has_file && find_in_file(proof, path, &facts, err) != 0)
		return -1;
	if (proof->checksum && !has_file)
		facts.has_digest = bd_digest_parse(proof->checksum, &facts.kind, facts.digest);
	if (proof->signature && !has_file &&
	    (bd_keyring_open(proof->keyring, &facts.keyring_fd, err) != 0 ||
	     get_memory_file(proof->signature, &facts.signature_fd, err) != 0))
		return -1;
	*facts_out = facts;
	facts = (struct bd_proof_facts)BD_PROOF_FACTS_INIT;
	return 0;
}

static int verify_digest(const struct bd_proof_facts *facts, int fd, const char *sha256, struct bd_error *err)
{
	char digest[BD_DIGEST_TEXT_SIZE];

	if (facts->kind != BD_DIGEST_SHA256)
		sha256 = NULL;
	if (!sha256 && bd_digest_file(fd, facts->kind, "verifying the checksum", digest, err) != 0)
		return -1;
	const char *found = sha256 ? sha256 : digest;
	return strcmp(found, facts->digest) == 0
		       ? 0
		       : bd_fail(err, EBADMSG, "it is not what it should be: its checksum is %s, and not %s", found,
				 facts->digest);
}

int bd_proof_verify(const struct bd_proof_facts *facts, int fd, const char *sha256, struct bd_error *err)
{
	if (facts->has_digest && verify_digest(facts, fd, sha256, err) != 0)
		return -1;
	if (facts->signature_fd < 0)
		return 0;
	bd_progress_stage("verifying the signature", 0);
	return bd_signature_verify(fd, facts->signature_fd, facts->keyring_fd, err);
}

void bd_proof_facts_dispose(struct bd_proof_facts *facts)
{
	bd_cleanup_close(&facts->signature_fd);
	bd_cleanup_close(&facts->keyring_fd);
	*facts = (struct bd_proof_facts)BD_PROOF_FACTS_INIT;
}
