/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about guest/ssh_keys.h; the golden is ssh-keygen. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/process/run.h"
#include "guest/authorized_keys.h"
#include "guest/ssh_keys.h"

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHxVnQpJJV3sB2vJ5hX8hUQxqPc3zKe0u9xHkQW9sVZp"

static char folder[] = "/tmp/bd-ssh-keys-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/key", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/key.pub", folder);
	unlink(path);
	return rmdir(folder);
}

static void write_file(const char *path, const char *text)
{
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void ssh_keygen_agrees_with_key_and_fingerprint(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	char path[64], public_path[64], output[1024] = "", expected[256];

	(void)state;
	if (bd_find_program("ssh-keygen", output, sizeof(output), &err) != 0)
		skip();
	snprintf(path, sizeof(path), "%s/key", folder);
	snprintf(public_path, sizeof(public_path), "%s/key.pub", folder);
	/* Names of each length, so that the padding takes each length too. */
	for (size_t length = 1; length <= 64; length++) {
		struct bd_ssh_host_key key = { 0 };
		char comment[80] = "root@";
		memset(comment + 5, 'a', length);
		comment[5 + length] = '\0';
		assert_int_equal(bd_ssh_host_key_make(&(struct bd_random){ 0 }, comment, &key, &err), 0);
		write_file(path, key.private_text);
		write_file(public_path, key.public_text);

		const char *const list[] = { "ssh-keygen", "-lf", public_path, NULL };
		struct bd_run run = { .argv = list, .output = output, .output_size = sizeof(output) };
		assert_int_equal(bd_run(&run, &err), 0);
		snprintf(expected, sizeof(expected), "256 %s %s (ED25519)\n", key.fingerprint, comment);
		assert_string_equal(output, expected);

		unlink(public_path); /* -y has to work it out from the private one */
		const char *const derive[] = { "ssh-keygen", "-yf", path, NULL };
		run.argv = derive;
		assert_int_equal(bd_run(&run, &err), 0);
		assert_string_equal(output, key.public_text);
		bd_ssh_host_key_dispose(&key);
	}
}

static void each_host_key_is_another_unless_a_seed_is_given(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_random seeded = { 0 };
	struct bd_ssh_host_key keys[4] = { 0 };

	(void)state;
	assert_int_equal(bd_random_seed(&seeded, "seed", "web01", &err), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			bd_ssh_host_key_make(i < 2 ? &(struct bd_random){ 0 } : &seeded, "x", &keys[i], &err), 0);
	assert_string_not_equal(keys[0].fingerprint, keys[1].fingerprint);
	assert_string_equal(keys[2].private_text, keys[3].private_text);
	assert_string_equal(keys[2].public_text, keys[3].public_text);
	for (int i = 0; i < 4; i++)
		bd_ssh_host_key_dispose(&keys[i]);
}

static void public_keys_are_taken_one_per_line(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	char *keys = NULL;

	(void)state;
	assert_int_equal(bd_ssh_keys_append(&keys, "# me\n\n  " KEY " me@here \r\nno-pty,command=\"a b \\\" c\" " KEY,
					    "a", &err),
			 0);
	assert_int_equal(bd_ssh_keys_append(&keys, KEY "\n", "b", &err), 0);
	assert_string_equal(keys, KEY " me@here\nno-pty,command=\"a b \\\" c\" " KEY "\n" KEY "\n");
	free(keys);
}

static void what_is_no_public_key_is_refused(void **state)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{ "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n", "private key" },
		{ "-----BEGIN RSA PRIVATE KEY-----\nx\n", "private key" },
		{ "PuTTY-User-Key-File-3: ssh-ed25519\n", "private key" },
		{ "", "no public key" },
		{ "# only a comment\n", "no public key" },
		{ KEY "\nhello\n", "line 2" },
		{ "ssh-ed25519\n", "line 1" },
		{ "ssh-ed25519 AAAA\n", "line 1" },
		{ "ssh-ed25519 !!!!\n", "line 1" },
		{ "ssh-rsa" /* the type is not the blob's */
		  " AAAAC3NzaC1lZDI1NTE5AAAAIHxVnQpJJV3sB2vJ5hX8hUQxqPc3zKe0u9xHkQW9sVZp",
		  "line 1" },
		{ "---- BEGIN SSH2 PUBLIC KEY ----\n", "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_error err = BD_ERROR_INIT;
		char *keys = NULL;
		assert_int_equal(bd_ssh_keys_append(&keys, rows[i].text, "file", &err), -1);
		assert_int_equal(err.code, BD_EUSAGE);
		assert_null(keys);
		if (!strstr(err.message, rows[i].part))
			fail_msg("\"%s\" lacks \"%s\"", err.message, rows[i].part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ssh_keygen_agrees_with_key_and_fingerprint),
		cmocka_unit_test(each_host_key_is_another_unless_a_seed_is_given),
		cmocka_unit_test(public_keys_are_taken_one_per_line),
		cmocka_unit_test(what_is_no_public_key_is_refused),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
