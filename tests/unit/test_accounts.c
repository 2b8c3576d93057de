/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about guest/accounts.h; the goldens are `openssl passwd` and perl's crypt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/process/run.h"
#include "guest/accounts.h"

static void openssls_hashes_are_taken(void **state)
{
	static const char *const methods[] = { "-1", "-5", "-6" };
	struct bd_error err = BD_ERROR_INIT;
	char output[256];

	(void)state;
	if (bd_find_program("openssl", output, sizeof(output), &err) != 0)
		skip();
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		const char *const argv[] = { "openssl", "passwd", methods[i], "a password", NULL };
		const struct bd_run run = { .argv = argv, .output = output, .output_size = sizeof(output) };
		assert_int_equal(bd_run(&run, &err), 0);
		output[strcspn(output, "\n")] = '\0';
		if (bd_password_check_hash(output, &err) != 0)
			fail_msg("%s: %s", output, err.message);
	}
}

static void what_is_no_hash_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"password",
		"password12345" /* as long as a hash of DES */,
		"*",
		"!",
		"$6$salt",
		"$6$salt$",
		"$6$salt$abc",
		"$99$salt$abc",
		"$",
		"$6$sa:lt$x",
		"$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g."
		"\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bd_error err = BD_ERROR_INIT;
		if (bd_password_check_hash(wrong[i], &err) == 0)
			fail_msg("\"%s\" is taken", wrong[i]);
		assert_int_equal(err.code, BD_EUSAGE);
	}
}

static void our_own_hash_is_one_that_crypt_knows(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	char output[512], *hash;

	(void)state;
	assert_int_equal(bd_password_hash(&(struct bd_random){ 0 }, "a pass'word", &hash, &err), 0);
	assert_int_equal(strncmp(hash, "$y$", 3), 0);
	assert_int_equal(bd_password_check_hash(hash, &err), 0);
	if (bd_find_program("perl", output, sizeof(output), &err) == 0) {
		const char *const argv[] = { "perl",	    "-e", "print crypt($ARGV[0], $ARGV[1])",
					     "a pass'word", hash, NULL };
		const struct bd_run run = { .argv = argv, .output = output, .output_size = sizeof(output) };
		assert_int_equal(bd_run(&run, &err), 0);
		assert_string_equal(output, hash);
	}
	free(hash);
}

static void salts_differ_unless_a_seed_is_given(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_random seeded = { 0 };
	char *hashes[4];

	(void)state;
	assert_int_equal(bd_random_seed(&seeded, "seed", "web01", &err), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(bd_password_hash(i < 2 ? &(struct bd_random){ 0 } : &seeded, "x", &hashes[i], &err),
				 0);
	assert_string_not_equal(hashes[0], hashes[1]);
	assert_string_equal(hashes[2], hashes[3]);
	for (int i = 0; i < 4; i++)
		free(hashes[i]);
}

static void only_roots_hash_changes(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{ "root:*:19000:0:99999:7:::\n", "root:HASH:19000:0:99999:7:::\n" },
		{ "a:*:1::::::\nroot::19000:0:::::\nb:*:1::::::\n",
		  "a:*:1::::::\nroot:HASH:19000:0:::::\nb:*:1::::::\n" },
		{ "notroot:*:1::::::\nroot:!", "notroot:*:1::::::\nroot:HASH" },
		{ "a:*:1::::::\n", "root:HASH::0:99999:7:::\na:*:1::::::\n" },
		{ "root\n", "root:HASH::0:99999:7:::\nroot\n" },
		{ "", "root:HASH::0:99999:7:::\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		char *after;
		assert_int_equal(bd_shadow_set_root(rows[i].before, "HASH", &after, &err), 0);
		assert_string_equal(after, rows[i].after);
		free(after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssls_hashes_are_taken),
		cmocka_unit_test(what_is_no_hash_is_refused),
		cmocka_unit_test(our_own_hash_is_one_that_crypt_knows),
		cmocka_unit_test(salts_differ_unless_a_seed_is_given),
		cmocka_unit_test(only_roots_hash_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
