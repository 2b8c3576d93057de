/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/process/run.h: other programs. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/process/cancel.h"
#include "base/process/run.h"

static struct bd_error err;
static char output[65536];

static int sh(const char *script, const char *stdin_text)
{
	const char *argv[] = { "sh", "-c", script, NULL };

	return bd_run(
		&(struct bd_run){
			.argv = argv, .stdin_text = stdin_text, .output = output, .output_size = sizeof(output) },
		&err);
}

static void stdout_and_stderr_come_together(void **state)
{
	(void)state;
	assert_int_equal(sh("echo one; echo two >&2; echo three", NULL), 0);
	assert_string_equal(output, "one\ntwo\nthree\n");
}

static void stdin_is_the_text_or_nothing(void **state)
{
	(void)state;
	assert_int_equal(sh("cat", "device (hd0)\nquit\n"), 0);
	assert_string_equal(output, "device (hd0)\nquit\n");
	assert_int_equal(sh("cat", NULL), 0);
	assert_string_equal(output, "");
	assert_int_equal(sh("cat", ""), 0);
	assert_string_equal(output, "");
}

static void arguments_are_never_seen_by_a_shell(void **state)
{
	const char *argv[] = { "printf", "%s|", "a b", "$HOME", "`id`", "", "'\"", NULL };

	(void)state;
	assert_int_equal(
		bd_run(&(struct bd_run){ .argv = argv, .output = output, .output_size = sizeof(output) }, &err), 0);
	assert_string_equal(output, "a b|$HOME|`id`||'\"|");
}

static void more_than_a_pipe_holds_goes_both_ways(void **state)
{
	size_t size = 1 << 20;
	char *text = malloc(size + 1), *back = malloc(size + 2);
	const char *argv[] = { "cat", NULL };

	(void)state;
	memset(text, 'x', size);
	text[size] = '\0';
	text[size / 2] = '\n';
	assert_int_equal(
		bd_run(&(struct bd_run){ .argv = argv, .stdin_text = text, .output = back, .output_size = size + 1 },
		       &err),
		0);
	assert_string_equal(back, text);
	free(text);
	free(back);
}

static void of_a_long_output_the_end_is_kept(void **state)
{
	char tail[16];
	const char *argv[] = { "seq", "1", "20000", NULL };

	(void)state;
	assert_int_equal(bd_run(&(struct bd_run){ .argv = argv, .output = tail, .output_size = sizeof(tail) }, &err),
			 0);
	assert_string_equal(tail, "998\n19999\n20000\n" + 1);
}

static void a_program_that_does_not_read_its_stdin_is_no_trouble(void **state)
{
	char *text = malloc((1 << 20) + 1);

	(void)state;
	memset(text, 'x', 1 << 20);
	text[1 << 20] = '\0';
	assert_int_equal(sh("exec 0<&-; echo done", text), 0);
	assert_string_equal(output, "done\n");
	free(text);
}

static void a_failing_program_is_an_error_with_its_last_line(void **state)
{
	(void)state;
	assert_int_equal(sh("echo trying; echo 'no such module' >&2; exit 3", NULL), -1);
	assert_int_equal(err.code, EIO);
	assert_non_null(strstr(err.message, "no such module"));
	assert_null(strstr(err.message, "trying"));
	assert_int_equal(sh("exit 3", NULL), -1);
	assert_int_equal(err.code, EIO);
	assert_non_null(strstr(err.message, "3"));
}

static void a_program_that_is_killed_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(sh("kill -KILL $$", NULL), -1);
	assert_int_equal(err.code, EIO);
	assert_non_null(strstr(err.message, "signal 9"));
}

static void a_program_that_is_not_installed_is_named(void **state)
{
	static const char *const missing[] = { "no-such-program-here", "/nonexistent/no-such-program-here" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *argv[] = { missing[i], NULL };
		assert_int_equal(bd_run(&(struct bd_run){ .argv = argv }, &err), -1);
		assert_int_equal(err.code, i == 0 ? ENOPKG : ENOENT);
		assert_non_null(strstr(err.message, "no-such-program-here"));
	}
}

static void output_may_be_thrown_away(void **state)
{
	const char *argv[] = { "seq", "1", "20000", NULL };

	(void)state;
	assert_int_equal(bd_run(&(struct bd_run){ .argv = argv }, &err), 0);
}

static void it_runs_in_the_folder_that_is_asked_for(void **state)
{
	const char *argv[] = { "pwd", NULL };

	(void)state;
	assert_int_equal(bd_run(&(struct bd_run){ .argv = argv,
						  .directory = "/usr",
						  .output = output,
						  .output_size = sizeof(output) },
				&err),
			 0);
	assert_string_equal(output, "/usr\n");
	assert_int_equal(bd_run(&(struct bd_run){ .argv = argv, .directory = "/nonexistent" }, &err), -1);
}

static void programs_for_the_administrator_are_found_without_sbin_in_path(void **state)
{
	char path[4096], *before = strdup(getenv("PATH"));

	(void)state;
	setenv("PATH", "/usr/bin:/bin", 1);
	if (bd_find_program("sfdisk", path, sizeof(path), &err) == 0)
		assert_non_null(strstr(path, "/sbin/sfdisk"));
	assert_int_equal(bd_find_program("no-such-program-here", path, sizeof(path), &err), -1);
	assert_int_equal(err.code, ENOPKG);
	setenv("PATH", before, 1);
	free(before);
}

static bool set_umask(const char *path, const void *context)
{
	if (path[0] != '/' || !*(const bool *)context)
		return false;
	umask(0123);
	return true;
}

static void a_child_is_changed_before_the_program_and_has_the_environment_that_is_given(void **state)
{
	static const char *const environment[] = { "ONLY=this", NULL }, *const argv[] = { "sh", "-c", "umask; env",
											  NULL };
	bool may = true;
	struct bd_run run = { .argv = argv,
			      .output = output,
			      .output_size = sizeof(output),
			      .environment = environment,
			      .confine = set_umask,
			      .confine_context = &may };

	(void)state;
	assert_int_equal(bd_run(&run, &err), 0);
	assert_non_null(strstr(output, "0123\n"));
	assert_non_null(strstr(output, "ONLY=this\n"));
	assert_null(strstr(output, "HOME="));
	may = false;
	assert_int_equal(bd_run(&run, &err), -1);
	assert_non_null(strstr(err.message, "sh failed with status 126"));
	assert_string_equal(output, "");
}

/* In a process of its own: a signal, once seen, is seen for ever. */
static void check_ctrl_c(const char *const *argv)
{
	int status;
	time_t begin = time(NULL);
	pid_t child = fork();

	if (child == 0) {
		signal(SIGINT, SIG_DFL);
		if (bd_cancel_init(&err) != 0)
			_exit(1);
		pid_t parent = getpid(), killer = fork();
		if (killer == 0) {
			usleep(200000);
			kill(parent, SIGINT);
			_exit(0);
		}
		int r = bd_run(&(struct bd_run){ .argv = argv }, &err);
		_exit(r == -1 && err.code == BD_ECANCELED && bd_cancel_signal() == SIGINT &&
				      bd_cancel_check(&err) == -1
			      ? 0
			      : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(time(NULL) - begin < 300);
}

static void on_ctrl_c_the_program_is_stopped_and_it_is_called_cancelled(void **state)
{
	(void)state;
	check_ctrl_c((const char *const[]){ "sleep", "600", NULL });
}

static void on_ctrl_c_a_program_that_writes_no_more_is_stopped_too(void **state)
{
	(void)state;
	check_ctrl_c((const char *const[]){ "sh", "-c", "exec >&- 2>&- sleep 600", NULL });
}

static void a_program_that_writes_no_more_is_waited_for_until_its_time_is_over(void **state)
{
	const char *argv[] = { "sh", "-c", "exec >&- 2>&- sleep 600", NULL };

	(void)state;
	assert_int_equal(bd_run(&(struct bd_run){ .argv = argv, .deadline_s = bd_clock_s() + 0.05 }, &err), -1);
	assert_int_equal(err.code, ETIME);
}

/* In a process of its own, as it stays so. */
static void a_lease_that_is_broken_ends_nothing_but_a_child_has_the_signal_as_ever(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		if (bd_cancel_init(&err) != 0)
			_exit(1);
		raise(SIGIO);
		_exit(sh("kill -s IO $$", NULL) == -1 && strstr(err.message, "killed by signal") ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stdout_and_stderr_come_together),
		cmocka_unit_test(stdin_is_the_text_or_nothing),
		cmocka_unit_test(arguments_are_never_seen_by_a_shell),
		cmocka_unit_test(more_than_a_pipe_holds_goes_both_ways),
		cmocka_unit_test(of_a_long_output_the_end_is_kept),
		cmocka_unit_test(a_program_that_does_not_read_its_stdin_is_no_trouble),
		cmocka_unit_test(a_failing_program_is_an_error_with_its_last_line),
		cmocka_unit_test(a_program_that_is_killed_is_an_error),
		cmocka_unit_test(a_program_that_is_not_installed_is_named),
		cmocka_unit_test(output_may_be_thrown_away),
		cmocka_unit_test(it_runs_in_the_folder_that_is_asked_for),
		cmocka_unit_test(programs_for_the_administrator_are_found_without_sbin_in_path),
		cmocka_unit_test(a_child_is_changed_before_the_program_and_has_the_environment_that_is_given),
		cmocka_unit_test(on_ctrl_c_the_program_is_stopped_and_it_is_called_cancelled),
		cmocka_unit_test(on_ctrl_c_a_program_that_writes_no_more_is_stopped_too),
		cmocka_unit_test(a_program_that_writes_no_more_is_waited_for_until_its_time_is_over),
		cmocka_unit_test(a_lease_that_is_broken_ends_nothing_but_a_child_has_the_signal_as_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
