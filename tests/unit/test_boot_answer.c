/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootloader/answer and bootloader/boot_file: what libxl takes out of an answer is what was meant, and nothing half-written is
 * left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "bootloader/answer.h"
#include "bootloader/boot_file.h"
#include "folder_checks.h"

static char *text;
static size_t size;

static int encode(const char *kernel, const char *ramdisk, const char *arguments, enum bd_answer_format format)
{
	const struct bd_answer answer = { kernel, ramdisk, arguments };

	free(text);
	text = NULL;
	err = (struct bd_error)BD_ERROR_INIT;
	return bd_answer_encode(&answer, format, &text, &size, &err);
}

static int forget(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

#define IS(bytes) \
	do { \
		assert_int_equal(size, sizeof(bytes) - 1); \
		assert_memory_equal(text, bytes, size); \
	} while (0)

/* As format_simple and format_sxp of pygrub 0.7 print them (python3, the functions called with the same values). */
static void it_is_what_pygrub_writes(void **state)
{
	(void)state;
	assert_int_equal(encode("/d/boot_kernel.a", "/d/boot_ramdisk.b", "root=/dev/xvda1 ro", BD_ANSWER_SIMPLE0), 0);
	IS("kernel /d/boot_kernel.a\0ramdisk /d/boot_ramdisk.b\0args root=/dev/xvda1 ro\0\0");
	assert_int_equal(encode("/d/boot_kernel.a", "/d/boot_ramdisk.b", "root=/dev/xvda1 ro", BD_ANSWER_SIMPLE), 0);
	IS("kernel /d/boot_kernel.a\nramdisk /d/boot_ramdisk.b\nargs root=/dev/xvda1 ro\n\n");
	assert_int_equal(encode("/d/boot_kernel.a", "/d/boot_ramdisk.b", "root=/dev/xvda1 ro", BD_ANSWER_SXP), 0);
	IS("linux (kernel '/d/boot_kernel.a')(ramdisk '/d/boot_ramdisk.b')(args 'root=/dev/xvda1 ro')");
	assert_int_equal(encode("/k", NULL, NULL, BD_ANSWER_SIMPLE0), 0);
	IS("kernel /k\0\0");
	assert_int_equal(encode("/k", NULL, "", BD_ANSWER_SXP), 0);
	IS("linux (kernel '/k')");
}

static void sxp_is_quoted_as_by_python(void **state)
{
	static const struct {
		const char *value, *quoted; /* by repr() of Python 3.11 */
	} values[] = {
		{ "it's", "\"it's\"" },
		{ "say \"hi\"", "'say \"hi\"'" },
		{ "it's \"both\"", "'it\\'s \"both\"'" },
		{ "a\\b\tc\nd\re", "'a\\\\b\\tc\\nd\\re'" },
		{ "\x01\x1b[31m\x7f", "'\\x01\\x1b[31m\\x7f'" },
		{ "Gr\xc3\xbc\xc3\x9f"
		  "e \xe6\x97\xa5",
		  "'Gr\xc3\xbc\xc3\x9f"
		  "e \xe6\x97\xa5'" },
		{ "x\xc2\x85\xc2\xad", "'x\\x85\\xad'" },
		{ "a'b\\", "\"a'b\\\\\"" },
		{ "\xff\xc3", "'\\xff\\xc3'" }, /* no UTF-8 at all, of which pygrub has no answer */
	};
	char expected[256];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		assert_int_equal(encode("/k", NULL, values[i].value, BD_ANSWER_SXP), 0);
		snprintf(expected, sizeof(expected), "linux (kernel '/k')(args %s)", values[i].quoted);
		assert_int_equal(size, strlen(expected));
		assert_memory_equal(text, expected, size);
	}
}

/* --- as libxl reads it -------------------------------------------------------------------------------------------- */

/* What parse_bootloader_result() of libxl takes (4.17 to 4.22): items end in a NUL or with the file; an item whose bytes do not fit into
 * 2 * PATH_MAX with a NUL is dropped; an item is a known name, white space, and the value; empty items are passed over. */
struct taken {
	char kernel[2 * PATH_MAX], ramdisk[2 * PATH_MAX], args[2 * PATH_MAX];
	unsigned dropped, unexpected;
};

static bool take_item(const char *item, const char *name, char value_out[2 * PATH_MAX])
{
	const char *at = item + strlen(name);

	if (strncmp(item, name, strlen(name)) != 0 || !isspace((unsigned char)*at))
		return false;
	while (isspace((unsigned char)*at))
		at++;
	strcpy(value_out, at);
	return true;
}

static struct taken *as_libxl(const char *bytes, size_t count)
{
	static struct taken taken;
	char item[2 * PATH_MAX];

	taken = (struct taken){ .dropped = 0 };
	for (size_t at = 0; at < count;) {
		const char *end = memchr(bytes + at, '\0', count - at);
		size_t length = end ? (size_t)(end - bytes) - at : count - at;
		const char *begin = bytes + at;
		at += length + 1;
		if (length >= sizeof(item)) {
			taken.dropped++;
			continue;
		}
		memcpy(item, begin, length);
		item[length] = '\0';
		if (!take_item(item, "kernel", taken.kernel) && !take_item(item, "ramdisk", taken.ramdisk) &&
		    !take_item(item, "args", taken.args) && length)
			taken.unexpected++;
	}
	return &taken;
}

static void the_checker_knows_libxls_rules(void **state)
{
	static const char odd[] = "kernel\t /k\0kernels /x\0\0args\n a b \0ramdisk";
	static char large[2 * PATH_MAX + 20];

	(void)state;
	struct taken *taken = as_libxl(odd, sizeof(odd) - 1);
	assert_string_equal(taken->kernel, "/k");
	assert_string_equal(taken->args, "a b ");
	assert_string_equal(taken->ramdisk, "");
	assert_int_equal(taken->unexpected, 2);
	memset(large, 'x', sizeof(large));
	memcpy(large, "args ", 5);
	assert_int_equal(as_libxl(large, 2 * PATH_MAX - 1)->dropped, 0);
	assert_int_equal(strlen(as_libxl(large, 2 * PATH_MAX - 1)->args), 2 * PATH_MAX - 6);
	assert_int_equal(as_libxl(large, 2 * PATH_MAX)->dropped, 1);
}

static void libxl_takes_what_was_meant(void **state)
{
	static const char *const arguments[] = {
		"root=UUID=6f1c ro quiet", "kernel /not/this", "a\nargs b", "two  spaces\tand a tab",
		"\"quoted part\" 'x'",	   "\xff\x01",	       "args",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++) {
		assert_int_equal(encode("/d 1/boot_kernel.x", "/d 1/boot_ramdisk.y", arguments[i], BD_ANSWER_SIMPLE0),
				 0);
		struct taken *taken = as_libxl(text, size);
		assert_string_equal(taken->kernel, "/d 1/boot_kernel.x");
		assert_string_equal(taken->ramdisk, "/d 1/boot_ramdisk.y");
		assert_string_equal(taken->args, arguments[i]);
		assert_int_equal(taken->dropped + taken->unexpected, 0);
	}
}

static void white_space_around_arguments_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(encode("/k", NULL, " \t root=x ro \n", BD_ANSWER_SIMPLE0), 0);
	IS("kernel /k\0args root=x ro\0\0");
	assert_int_equal(encode("/k", NULL, " \v\f\r\n", BD_ANSWER_SIMPLE0), 0);
	IS("kernel /k\0\0");
}

/* The longest that libxl takes, and one byte more. */
static void what_libxl_would_drop_is_an_error(void **state)
{
	static char value[2 * PATH_MAX];
	const size_t most = 2 * PATH_MAX - 1 - strlen("args ");

	(void)state;
	memset(value, 'a', sizeof(value) - 1);
	value[most] = '\0';
	for (enum bd_answer_format format = BD_ANSWER_SXP; format <= BD_ANSWER_SIMPLE0; format++)
		assert_int_equal(encode("/k", NULL, value, format), 0);
	assert_string_equal(as_libxl(text, size)->args, value);
	assert_int_equal(as_libxl(text, size)->dropped, 0);
	value[most] = 'a';
	for (enum bd_answer_format format = BD_ANSWER_SXP; format <= BD_ANSWER_SIMPLE0; format++) {
		assert_int_equal(encode("/k", NULL, value, format), -1);
		assert_int_equal(err.code, EFBIG);
		assert_string_equal(err.message,
				    "the command line is too long for libxl: 8191 bytes; maximum is 8186");
	}
}

static void what_cannot_be_said_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(encode("/k", NULL, "a\nkernel /evil", BD_ANSWER_SIMPLE), -1);
	assert_int_equal(err.code, EINVAL);
	assert_int_equal(encode("/a\nb", NULL, NULL, BD_ANSWER_SIMPLE), -1);
	assert_int_equal(encode(" /k", NULL, NULL, BD_ANSWER_SIMPLE0), -1);
	assert_int_equal(encode("", NULL, NULL, BD_ANSWER_SIMPLE0), -1);
	assert_int_equal(encode("/k", "", NULL, BD_ANSWER_SXP), -1);
}

/* --- where it goes ------------------------------------------------------------------------------------------------ */

static int put(const char *path, const char *bytes, size_t count)
{
	BD_DISPOSE(bd_answer_output_dispose) struct bd_answer_output out = BD_ANSWER_OUTPUT_INIT;

	err = (struct bd_error)BD_ERROR_INIT;
	return bd_answer_output_open(path, &out, &err) == 0 ? bd_answer_output_write(&out, bytes, count, &err) : -1;
}

static void what_was_in_the_file_is_gone(void **state)
{
	(void)state;
	SH("echo something much longer >out; chmod 640 out");
	assert_int_equal(put("out", "kernel /k\0\0", 11), 0);
	SH("test \"$(tr '\\0' '|' <out)\" = 'kernel /k||'; test $(stat -c %a out) = 640");
	/* One that is not there is made, of its owner alone. */
	assert_int_equal(put("new", "x", 1), 0);
	SH("test \"$(cat new)\" = x; test $(stat -c %a new) = 600");
	/* A socket has no reader to wait for. */
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(put("socket", "x", 1), -1);
	assert_string_equal(err.message, "cannot open socket for the answer: No such device or address");
	close(fd);
	assert_int_equal(put("no/such", "x", 1), -1);
	assert_string_equal(err.message, "cannot open no/such for the answer: No such file or directory");
}

static void without_an_answer_nothing_is_written(void **state)
{
	BD_DISPOSE(bd_answer_output_dispose) struct bd_answer_output out = BD_ANSWER_OUTPUT_INIT;

	(void)state;
	SH("printf before >there");
	assert_int_equal(bd_answer_output_open("there", &out, &err), 0);
	bd_answer_output_dispose(&out);
	bd_answer_output_dispose(&out);
	SH("test \"$(cat there)\" = before");
	assert_int_equal(bd_answer_output_open("missing", &out, &err), 0);
	bd_answer_output_dispose(&out);
	SH("test ! -e missing");
}

/* As where the disk is full: a limit on file sizes. */
static void a_part_of_an_answer_is_taken_back(void **state)
{
	const struct rlimit small = { 4, RLIM_INFINITY };
	struct rlimit before;

	(void)state;
	SH(": >full");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int there = put("full", "kernel /k\0\0", 11);
	int made = put("made", "kernel /k\0\0", 11);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(there, -1);
	assert_int_equal(made, -1);
	assert_string_equal(err.message, "cannot write the answer to made: File too large");
	SH("test -e full; test ! -s full; test ! -e made");
}

static void *read_fifo(void *context)
{
	FILE *fifo = fopen("fifo", "r");
	size_t got = fifo ? fread(context, 1, 100, fifo) : 0;

	if (fifo)
		fclose(fifo);
	return (void *)got;
}

static void it_goes_through_a_fifo(void **state)
{
	char bytes[100];
	pthread_t thread;
	void *got;

	(void)state;
	SH("mkfifo fifo");
	assert_int_equal(pthread_create(&thread, NULL, read_fifo, bytes), 0);
	assert_int_equal(put("fifo", "kernel /k\0\0", 11), 0);
	assert_int_equal(pthread_join(thread, &got), 0);
	assert_int_equal((size_t)got, 11);
	assert_memory_equal(bytes, "kernel /k\0\0", 11);
}

/* --- kernel and initrd -------------------------------------------------------------------------------------------- */

static void files_are_named_as_by_pygrub(void **state)
{
	BD_DISPOSE(bd_boot_file_dispose) struct bd_boot_file kernel = BD_BOOT_FILE_INIT;
	BD_DISPOSE(bd_boot_file_dispose) struct bd_boot_file ramdisk = BD_BOOT_FILE_INIT;
	struct stat file;

	(void)state;
	SH("mkdir -m 700 d");
	mode_t before = umask(0);
	assert_int_equal(bd_boot_file_create("d", "no/such", BD_BOOT_KERNEL, &kernel, &err), 0);
	assert_int_equal(bd_boot_file_create("d", "no/such", BD_BOOT_RAMDISK, &ramdisk, &err), 0);
	umask(before);
	assert_memory_equal(kernel.path, "d/boot_kernel.", 14);
	assert_int_equal(strlen(kernel.path), 14 + 8);
	assert_memory_equal(ramdisk.path, "d/boot_ramdisk.", 15);
	assert_int_equal(fstat(kernel.fd, &file), 0);
	assert_int_equal(file.st_mode, S_IFREG | 0600);
	assert_int_equal(file.st_uid, geteuid());
	assert_int_equal(write(kernel.fd, "k", 1), 1);
	assert_int_equal(bd_boot_file_close(&kernel, &err), 0);
	bd_boot_file_keep(&kernel);
	char path[PATH_MAX];
	strcpy(path, kernel.path);
	bd_boot_file_dispose(&kernel);
	bd_boot_file_dispose(&ramdisk);
	bd_boot_file_dispose(&ramdisk);
	assert_int_equal(unlink(path), 0);
	SH("test -z \"$(ls d)\"");
}

static void a_closed_file_that_is_not_kept_goes_too(void **state)
{
	struct bd_boot_file kernel = BD_BOOT_FILE_INIT;

	(void)state;
	SH("mkdir -m 700 e");
	assert_int_equal(bd_boot_file_create("e", "x", BD_BOOT_KERNEL, &kernel, &err), 0);
	assert_int_equal(bd_boot_file_close(&kernel, &err), 0);
	bd_boot_file_dispose(&kernel);
	SH("test -z \"$(ls e)\"");
}

static void a_directory_that_was_asked_for_has_to_be_there(void **state)
{
	struct bd_boot_file file = BD_BOOT_FILE_INIT;

	(void)state;
	assert_int_equal(bd_boot_file_create("none", "x", BD_BOOT_KERNEL, &file, &err), -1);
	assert_string_equal(err.message, "cannot use none for kernel and initrd: No such file or directory");
	SH("test ! -e none; : >plain");
	assert_int_equal(bd_boot_file_create("plain", "x", BD_BOOT_KERNEL, &file, &err), -1);
	assert_string_equal(err.message, "plain is not a directory");
	/* Our own is made. */
	assert_int_equal(bd_boot_file_create(NULL, "own", BD_BOOT_KERNEL, &file, &err), 0);
	bd_boot_file_dispose(&file);
	SH("test $(stat -c %a own) = 700; test -z \"$(ls own)\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(it_is_what_pygrub_writes, forget),
		cmocka_unit_test_teardown(sxp_is_quoted_as_by_python, forget),
		cmocka_unit_test(the_checker_knows_libxls_rules),
		cmocka_unit_test_teardown(libxl_takes_what_was_meant, forget),
		cmocka_unit_test_teardown(white_space_around_arguments_is_nothing, forget),
		cmocka_unit_test_teardown(what_libxl_would_drop_is_an_error, forget),
		cmocka_unit_test_teardown(what_cannot_be_said_is_an_error, forget),
		cmocka_unit_test_setup_teardown(what_was_in_the_file_is_gone, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(without_an_answer_nothing_is_written, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(a_part_of_an_answer_is_taken_back, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(it_goes_through_a_fifo, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(files_are_named_as_by_pygrub, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(a_closed_file_that_is_not_kept_goes_too, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(a_directory_that_was_asked_for_has_to_be_there, enter_folder,
						leave_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
