/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/process/run.h. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/process/run.h"

static struct bd_error err;

static struct bd_child shell(const char *script)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct bd_child child = BD_CHILD_INIT;

	assert_int_equal(bd_child_start(argv, &child, &err), 0);
	/* argv is gone with this call. */
	child.name = "sh";
	return child;
}

static void output_is_read_while_it_runs_and_the_log_kept(void **state)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = shell("echo one; echo note >&2; cat; echo two");
	char text[64];

	(void)state;
	assert_int_equal(bd_child_wait_output(&child, NULL, NULL, &err), 0);
	assert_int_equal(read(child.output_fd, text, 4), 4);
	assert_memory_equal(text, "one\n", 4);
	assert_int_equal(bd_child_finish(&child, &err), 0);
	BD_FREE char *log = bd_child_log_tail(&child, 5);
	assert_string_equal(log, "note");
}

static void a_failure_is_told_by_its_first_error(void **state)
{
	BD_DISPOSE(bd_child_dispose)
	struct bd_child child =
		shell("echo I: begin >&2; echo E: no such package >&2; echo E: giving up >&2; exit 3");

	(void)state;
	assert_int_equal(bd_child_finish(&child, &err), -1);
	assert_int_equal(err.code, EIO);
	assert_string_equal(err.message, "sh failed: no such package");
	BD_FREE char *log = bd_child_log_tail(&child, 2);
	assert_string_equal(log, "E: no such package\nE: giving up");
}

static void without_an_error_the_last_line_or_the_status_tells(void **state)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child words = shell("echo a >&2; echo b >&2; exit 3");
	BD_DISPOSE(bd_child_dispose) struct bd_child silent = shell("exit 3");
	BD_DISPOSE(bd_child_dispose) struct bd_child killed = shell("kill -9 $$");

	(void)state;
	assert_int_equal(bd_child_finish(&words, &err), -1);
	assert_string_equal(err.message, "sh failed: b");
	assert_int_equal(bd_child_finish(&silent, &err), -1);
	assert_string_equal(err.message, "sh failed with status 3");
	assert_int_equal(bd_child_finish(&killed, &err), -1);
	assert_string_equal(err.message, "sh was killed by signal 9");
}

static void a_log_of_any_length_and_unread_output_do_not_stop_it(void **state)
{
	BD_DISPOSE(bd_child_dispose)
	struct bd_child child =
		shell("head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero; echo >&2; echo end >&2");

	(void)state;
	assert_int_equal(bd_child_finish(&child, &err), 0);
	BD_FREE char *log = bd_child_log_tail(&child, 1);
	assert_string_equal(log, "end");
}

/* Neither running nor waiting to run; a zombie whose parent is gone may stay until somebody reaps it. */
static bool has_ended(pid_t pid)
{
	char path[64], text[256] = "";

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	BD_FCLOSE FILE *file = fopen(path, "r");
	if (!file || !fgets(text, sizeof(text), file))
		return true;
	return strstr(text, ") Z ") != NULL;
}

/* It and what it started; it gets the time to clean up. The trap comes last: a subshell has it until it becomes sleep. */
static void one_that_runs_is_stopped_with_all_that_it_started(void **state)
{
	struct bd_child child = shell("sleep 1000 & trap 'wait; exit 0' TERM; echo $!; wait");
	char text[32] = "";

	(void)state;
	assert_int_equal(bd_child_wait_output(&child, NULL, NULL, &err), 0);
	assert_true(read(child.output_fd, text, sizeof(text) - 1) > 1);
	pid_t grandchild = (pid_t)atol(text), pid = child.pid;
	assert_true(grandchild > 1);
	assert_int_equal(kill(grandchild, 0), 0);
	bd_child_dispose(&child);
	bd_child_dispose(&child);
	assert_int_equal(kill(pid, 0), -1);
	for (int i = 0; i < 100 && !has_ended(grandchild); i++)
		usleep(10000);
	assert_true(has_ended(grandchild));
}

static void one_that_is_not_installed_is_named(void **state)
{
	const char *argv[] = { "no-such-program-anywhere", NULL };
	struct bd_child child;

	(void)state;
	assert_int_equal(bd_child_start(argv, &child, &err), -1);
	assert_int_equal(err.code, ENOPKG);
	assert_non_null(strstr(err.message, "no-such-program-anywhere"));
}

static void what_this_program_ignores_ends_it_as_ever(void **state)
{
	static const int ignored[] = { SIGPIPE, SIGXFSZ, SIGIO };

	(void)state;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++) {
		char script[32];
		snprintf(script, sizeof(script), "kill -%d $$", ignored[i]);
		void (*before)(int) = signal(ignored[i], SIG_IGN);
		BD_DISPOSE(bd_child_dispose) struct bd_child child = shell(script);
		signal(ignored[i], before);
		assert_int_equal(bd_child_finish(&child, &err), -1);
		assert_non_null(strstr(err.message, "killed by signal"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_read_while_it_runs_and_the_log_kept),
		cmocka_unit_test(a_failure_is_told_by_its_first_error),
		cmocka_unit_test(without_an_error_the_last_line_or_the_status_tells),
		cmocka_unit_test(a_log_of_any_length_and_unread_output_do_not_stop_it),
		cmocka_unit_test(one_that_runs_is_stopped_with_all_that_it_started),
		cmocka_unit_test(one_that_is_not_installed_is_named),
		cmocka_unit_test(what_this_program_ignores_ends_it_as_ever),
	};

	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
