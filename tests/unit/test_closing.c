/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/file/closing.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file/closing.h"
#include "base/process/cancel.h"

/* Long after that a test has failed. */
#define LONG_S 600

static char path[] = "/tmp/xen-bigdisk-test-closing-XXXXXX";
static struct bd_error err;
static int file_fd = -1;

static int make_file(void **state)
{
	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	int made_fd = mkstemp(path);
	if (made_fd < 0 || close(made_fd) != 0)
		return -1;
	file_fd = open(path, O_RDONLY | O_CLOEXEC);
	return file_fd >= 0 ? 0 : -1;
}

static int remove_file(void **state)
{
	(void)state;
	close(file_fd);
	return unlink(path);
}

/* Whoever has it open, and whether its end comes before the wait or during it. */
static void a_writer_that_ends_is_told(void **state)
{
	int writer_fd = open(path, O_WRONLY | O_CLOEXEC), status;

	(void)state;
	int watch_fd = bd_closing_watch(file_fd);
	assert_true(watch_fd >= 0);
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	close(writer_fd);
	double begin_s = bd_clock_s();
	assert_int_equal(bd_closing_wait(watch_fd, begin_s + LONG_S, &err), 0);
	assert_true(bd_clock_s() < begin_s + LONG_S);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(watch_fd);
}

static void a_reader_that_ends_is_nothing_and_the_time_ends_it(void **state)
{
	(void)state;
	int watch_fd = bd_closing_watch(file_fd);
	assert_true(watch_fd >= 0);
	close(open(path, O_RDONLY | O_CLOEXEC));
	double until_s = bd_clock_s() + 0.02;
	assert_int_equal(bd_closing_wait(watch_fd, until_s, &err), 0);
	assert_true(bd_clock_s() >= until_s);
	close(watch_fd);
	until_s = bd_clock_s() + 0.02;
	assert_int_equal(bd_closing_wait(-1, until_s, &err), 0);
	assert_true(bd_clock_s() >= until_s);
	assert_int_equal(bd_closing_watch(-1), -1);
}

/* In a process of its own: a signal, once seen, is seen for ever. */
static void ctrl_c_ends_it(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		signal(SIGINT, SIG_DFL);
		if (bd_cancel_init(&err) != 0 || raise(SIGINT) != 0)
			_exit(1);
		_exit(bd_closing_wait(-1, bd_clock_s() + LONG_S, &err) == -1 && err.code == BD_ECANCELED ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_writer_that_ends_is_told, make_file, remove_file),
		cmocka_unit_test_setup_teardown(a_reader_that_ends_is_nothing_and_the_time_ends_it, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(ctrl_c_ends_it, make_file, remove_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
