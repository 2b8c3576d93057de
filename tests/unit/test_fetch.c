/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about what fetch/ reads: files of checksums, heads of HTTP, gpgv's status, keys in armor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fetch/checksums.h"
#include "fetch/http_head.h"
#include "fetch/keyring.h"
#include "fetch/signature.h"

#define A16 "0123456789abcdef"
#define A64 A16 A16 A16 A16
#define B64 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define A128 A64 A64
#define UPPER "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"

static struct bd_error err;

/* digest NULL: the message has the text. */
struct checksums_row {
	const char *text, *path, *digest, *message;
};

static void check_checksums(const struct checksums_row *row)
{
	char digest[BD_DIGEST_TEXT_SIZE] = "";
	enum bd_digest_kind kind;
	int r = bd_checksums_find(row->text, row->path, &kind, digest, &err);

	if ((r == 0) != (row->digest != NULL))
		fail_msg("%s in \"%s\": %s", row->path, row->text, r ? err.message : digest);
	if (r == 0) {
		assert_string_equal(digest, row->digest);
		assert_int_equal(strncmp(digest, "sha512", 6) == 0, kind == BD_DIGEST_SHA512);
	} else if (!strstr(err.message, row->message)) {
		fail_msg("\"%s\" instead of \"%s\"", err.message, row->message);
	}
}

static void a_file_is_found_among_checksums(void **state)
{
	static const struct checksums_row rows[] = {
		{ A64 "  a.img\n", "a.img", "sha256:" A64, NULL },
		{ A64 " *a.img\n", "https://web.example/b/a.img", "sha256:" A64, NULL },
		{ A64 "  a.img", "/b/a.img", "sha256:" A64, NULL },
		{ A64 "  ./a.img\r\n", "/b/a.img", "sha256:" A64, NULL },
		{ UPPER "  a.img\n", "a.img", "sha256:" A64, NULL },
		{ A128 "  a.img\n", "a.img", "sha512:" A128, NULL },
		{ B64 "  b.img\n" A64 "  a.img\n" B64 "  c.img\n", "a.img", "sha256:" A64, NULL },
		{ "# a.img: 5 bytes\nSHA256 (a.img) = " A64 "\n", "a.img", "sha256:" A64, NULL },
		{ "SHA512 (a b (1).img) = " A128 "\n", "/c/a b (1).img", "sha512:" A128, NULL },
		{ A64 "  a.img\n" A128 "  a.img\n", "a.img", "sha512:" A128, NULL },
		/* As in Debian's: the same name in several folders. */
		{ B64 "  ./cdrom/a.img\n" A64 "  ./net/a.img\n", "https://web.example/x/net/a.img", "sha256:" A64,
		  NULL },
		{ B64 "  a.img\n" A64 "  net/a.img\n", "https://web.example/net/a.img", "sha256:" A64, NULL },
		{ A64 "  a.img\n" A64 "  a.img\n", "a.img", "sha256:" A64, NULL },
		{ A64 "\n", "a.img", "sha256:" A64, NULL },
		{ A64 "  \n", "a.img", "sha256:" A64, NULL },
		{ A128, "a.img", "sha512:" A128, NULL },
		{ A64 "  a.img\n" B64 "  a.img\n", "a.img", NULL, "two different checksums of a.img" },
		{ A64 "  a.img\n" B64 "  a.img\n" A64 "  a.img\n", "a.img", NULL,
		  "two different checksums of a.img" },
		{ "", "a.img", NULL, "no SHA-256 or SHA-512 of a.img" },
		{ "\n\n", "a.img", NULL, "no SHA-256" },
		{ A64 "\n" B64 "\n", "a.img", NULL, "no SHA-256" },
		{ A64 "  aa.img\n", "a.img", NULL, "no SHA-256" },
		{ A64 "  a.img\n", "aa.img", NULL, "no SHA-256" },
		{ A64 "  a.img.sig\n", "a.img", NULL, "no SHA-256" },
		{ A64 "0  a.img\n", "a.img", NULL, "no SHA-256" },
		{ A16 A16 "  a.img\n", "a.img", NULL, "no SHA-256" },
		{ "SHA256 (a.img) = " A16 "\n", "a.img", NULL, "no SHA-256" },
		{ "SHA256 (a.img) = " A64 "0\n", "a.img", NULL, "no SHA-256" },
		{ "SHA512 (a.img) = " A64 "\n", "a.img", NULL, "no SHA-256" },
		{ "SHA256 () = " A64 "\n", "a.img", NULL, "no SHA-256" },
		{ "MD5 (a.img) = " A16 A16 "\n", "a.img", NULL, "no SHA-256" },
		{ "<html>" A64 "  a.img\n", "a.img", NULL, "no SHA-256" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_checksums(&rows[i]);
}

static void the_last_head_of_an_answer_counts(void **state)
{
	struct bd_http_head head;

	(void)state;
	assert_true(bd_http_head_parse(
		"HTTP/1.1 302 Found\r\nETag: \"moved\"\r\nContent-Length: 3\r\n\r\n"
		"HTTP/1.1 100 Continue\r\n\r\n"
		"HTTP/2 200 \r\netag:  W/\"a\\b\" \r\nLAST-MODIFIED: Sun, 01 Jun 2025 00:00:00 GMT\r\n"
		"content-length: 12345678901\r\n\r\n"
		"ETag: \"of a trailer\"\r\n\r\n",
		&head));
	assert_int_equal(head.status, 200);
	assert_string_equal(head.etag, "W/\"a\\b\"");
	assert_string_equal(head.last_modified, "Sun, 01 Jun 2025 00:00:00 GMT");
	assert_int_equal(head.length_bytes, 12345678901);
	assert_false(head.has_range);
	/* A weak ETag does not do. */
	assert_string_equal(bd_http_head_validator(&head), head.last_modified);

	assert_true(bd_http_head_parse(
		"HTTP/1.1 206 Partial Content\nContent-Range: bytes 1000-1999/2000\nETag: \"a\"\n", &head));
	assert_true(head.has_range);
	assert_int_equal(head.range_at_bytes, 1000);
	assert_string_equal(bd_http_head_validator(&head), "\"a\"");

	assert_true(bd_http_head_parse("HTTP/1.1 200 OK\nContent-Range: 5-6/7\nContent-Length: 99999999999999999999\n"
				       "ETag: \"a\tb\"\nno field\n\n",
				       &head));
	assert_false(head.has_range);
	assert_int_equal(head.length_bytes, 0);
	assert_string_equal(head.etag, "");
	assert_null(bd_http_head_validator(&head));

	assert_false(bd_http_head_parse("", &head));
	assert_false(bd_http_head_parse("ETag: \"a\"\n\n", &head));
	assert_false(bd_http_head_parse("HTTP/1.1\n\n", &head));
}

/* What gpgv 2.2 writes, without its [GNUPG:]; "": it is signed. */
static void gpgv_status_is_understood(void **state)
{
#define LINE(text) "[GNUPG:] " text "\n"
#define VALID LINE("VALIDSIG 0123 2025-01-01 1735689600 0 4 0 22 8 00 0123")
	static const struct {
		const char *status, *message;
	} rows[] = {
		{ LINE("NEWSIG") LINE("GOODSIG 8C0A a@b.example") VALID, "" },
		{ LINE("NEWSIG") LINE("ERRSIG 01 22 8 00 1 9 -") LINE("NO_PUBKEY 01") LINE("NEWSIG")
			  LINE("GOODSIG 8C0A x") VALID,
		  "" },
		{ LINE("NEWSIG") LINE("BADSIG 8C0A x"), "has been changed since the key 8C0A signed it" },
		{ LINE("NEWSIG") LINE("GOODSIG 01 x") VALID LINE("NEWSIG") LINE("BADSIG 8C0A x"),
		  "has been changed" },
		{ LINE("NEWSIG") LINE("EXPKEYSIG 8C0A x") VALID, "the key 8C0A that has signed it has expired" },
		{ LINE("NEWSIG") LINE("REVKEYSIG 8C0A x") VALID, "the key 8C0A that has signed it has been revoked" },
		{ LINE("NEWSIG") LINE("EXPSIG 8C0A x") VALID, "the signature by the key 8C0A has expired" },
		{ LINE("NEWSIG") LINE("ERRSIG 01 22 8 00 1 9 -") LINE("NO_PUBKEY 01"),
		  "signed by the key 01, which is not in" },
		{ LINE("NEWSIG") LINE("ERRSIG 01 99 8 00 1 4 -"), "gpgv cannot verify" },
		{ LINE("NODATA 4"), "no signature that gpgv can read" },
		{ LINE("NEWSIG") LINE("GOODSIG 8C0A x"), "no signature" },
		{ VALID, "no signature" },
		{ LINE("GOODSIGNS 8C0A x") VALID, "no signature" },
		{ "gpgv: [GNUPG:] GOODSIG 8C0A x\n" VALID, "no signature" },
		{ "", "no signature" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		err = (struct bd_error)BD_ERROR_INIT;
		int r = bd_signature_judge(rows[i].status, &err);
		if ((r == 0) != !*rows[i].message || !strstr(err.message, rows[i].message))
			fail_msg("row %zu: \"%s\" instead of \"%s\"", i, err.message, rows[i].message);
	}
}

static void keys_lose_their_armor(void **state)
{
#define ARMOR(base64) \
	"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\nComment: a=b\r\n\r\n" base64 "-----END PGP PUBLIC KEY BLOCK-----\r\n"
	static const struct {
		const char *text, *keys; /* NULL: it is damaged */
	} rows[] = {
		{ ARMOR("YWJj\r\nZGVm\r\n=AAAA\r\n"), "abcdef" },
		{ "who:\n" ARMOR("YWI=\n") "and\n" ARMOR("Y2Q=\n=AAAA\n"), "abcd" },
		{ "\x99keys", "\x99keys" },
		{ ARMOR("YW*j\n=AAAA\n"), NULL },
		{ ARMOR("YWJ\n"), NULL },
		{ "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nYWJj\n", NULL },
		{ "-----BEGIN PGP PUBLIC KEY BLOCK----------END PGP PUBLIC KEY BLOCK-----", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *text = strdup(rows[i].text);
		size_t size_bytes = strlen(text);
		int r = bd_keyring_dearmor(text, &size_bytes, &err);
		if ((r == 0) != (rows[i].keys != NULL))
			fail_msg("row %zu", i);
		if (r == 0) {
			assert_int_equal(size_bytes, strlen(rows[i].keys));
			assert_memory_equal(text, rows[i].keys, size_bytes);
		}
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_found_among_checksums),
		cmocka_unit_test(the_last_head_of_an_answer_counts),
		cmocka_unit_test(gpgv_status_is_understood),
		cmocka_unit_test(keys_lose_their_armor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
