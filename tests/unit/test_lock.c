/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/file/lock.h. */
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
#include <unistd.h>

#include <cmocka.h>

#include "base/file/lock.h"
#include "base/process/cancel.h"

static char folder[64], locks[64];
static struct bd_error err;

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/xen-bigdisk-test-claim-XXXXXX");
	strcpy(locks, "/tmp/xen-bigdisk-test-locks-XXXXXX");
	return mkdtemp(folder) && mkdtemp(locks) ? setenv("XEN_BIGDISK_LOCKS", locks, 1) : -1;
}

/* Fails when something was left in it. */
static int remove_folder(void **state)
{
	char path[80];

	(void)state;
	snprintf(path, sizeof(path), "%s/locks", locks);
	unlink(path);
	return rmdir(locks) == 0 ? rmdir(folder) : -1;
}

static int claim(const char *name)
{
	char path[256];
	int fd = -1;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return bd_lock(path, &fd, &err) == 0 ? fd : -1;
}

static void a_path_is_claimed_by_one_at_a_time(void **state)
{
	(void)state;
	int first = claim("web01.cfg");
	assert_true(first >= 0);
	assert_int_equal(claim("web01.cfg"), -1);
	assert_int_equal(err.code, EBUSY);
	assert_non_null(strstr(err.message, "web01.cfg"));
	close(first);
	int second = claim("web01.cfg");
	assert_true(second >= 0);
	close(second);
}

static void other_paths_stay_free(void **state)
{
	(void)state;
	int first = claim("web01.cfg"), second = claim("web02.cfg");
	assert_true(first >= 0 && second >= 0);
	close(first);
	close(second);
}

static void two_spellings_of_a_path_are_one_claim(void **state)
{
	(void)state;
	int first = claim("web01.cfg");
	assert_int_equal(claim("./web01.cfg"), -1);
	assert_int_equal(err.code, EBUSY);
	assert_int_equal(chdir(folder), 0);
	int fd = -1;
	assert_int_equal(bd_lock("web01.cfg", &fd, &err), -1);
	assert_int_equal(err.code, EBUSY);
	assert_int_equal(fd, -1);
	assert_int_equal(chdir("/"), 0);
	close(first);
}

static void a_claim_goes_with_its_process_however_it_ends(void **state)
{
	int ready[2], status;
	char byte;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		if (claim("web01.cfg") < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(claim("web01.cfg"), -1);
	assert_int_equal(err.code, EBUSY);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	int fd = claim("web01.cfg");
	assert_true(fd >= 0);
	close(fd);
	close(ready[0]);
	close(ready[1]);
}

static void the_process_that_has_it_is_named_and_counted(void **state)
{
	char pid[64];

	(void)state;
	assert_int_equal(bd_lock_count(), 0);
	int first = claim("web01.cfg"), second = claim("web02.cfg");
	assert_int_equal(bd_lock_count(), 2);
	assert_int_equal(claim("web01.cfg"), -1);
	assert_int_equal(err.kind, BD_KIND_IN_USE);
	snprintf(pid, sizeof(pid), "(process %ld)", (long)getpid());
	assert_non_null(strstr(err.message, pid));
	close(first);
	close(second);
	assert_int_equal(bd_lock_count(), 0);
}

/* A program that runs another must not leave the lock to it. */
static void a_program_that_is_run_meanwhile_does_not_have_it(void **state)
{
	int status;

	(void)state;
	int first = claim("web01.cfg");
	pid_t child = fork();
	if (child == 0) {
		execl("/bin/sleep", "sleep", "1000", (char *)NULL);
		_exit(1);
	}
	char comm[64] = "", path[64];
	snprintf(path, sizeof(path), "/proc/%ld/comm", (long)child);
	while (strcmp(comm, "sleep\n") != 0) {
		FILE *file = fopen(path, "r");
		assert_non_null(file);
		if (!fgets(comm, sizeof(comm), file))
			comm[0] = '\0';
		fclose(file);
	}
	close(first);
	int again = claim("web01.cfg");
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	assert_true(again >= 0);
	close(again);
}

/* The kernel has a waiter in its list for the file of our locks (proc_locks(5)), or there is none for a minute. */
static bool is_waited_for(void)
{
	char path[80], wanted[64], line[256];
	struct stat file;

	snprintf(path, sizeof(path), "%s/locks", locks);
	if (stat(path, &file) != 0)
		return false;
	snprintf(wanted, sizeof(wanted), ":%ju ", (uintmax_t)file.st_ino);
	for (int i = 0; i < 6000; i++) {
		bool found = false;
		FILE *all = fopen("/proc/locks", "r");
		while (all && fgets(line, sizeof(line), all))
			found |= strstr(line, "-> OFDLCK") && strstr(line, wanted);
		if (all)
			fclose(all);
		if (found)
			return true;
		usleep(10000);
	}
	return false;
}

/* A process that waits for the lock, and has not the one that is held; its status is 0 where it got it, 1 where it was stopped. */
static pid_t start_waiter(int held_fd)
{
	char path[256];
	int fd = -1;
	pid_t child = fork();

	if (child != 0)
		return child;
	close(held_fd);
	snprintf(path, sizeof(path), "%s/web01.cfg", folder);
	if (bd_cancel_init(&err) != 0)
		_exit(2);
	if (bd_lock_wait(path, &fd, &err) != 0)
		_exit(err.code == BD_ECANCELED ? 1 : 3);
	_exit(claim("web01.cfg") < 0 && err.kind == BD_KIND_IN_USE ? 0 : 4);
}

static int end_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void one_who_waits_gets_it_when_it_is_free(void **state)
{
	(void)state;
	int first = claim("web01.cfg");
	assert_true(first >= 0);
	pid_t waiter = start_waiter(first);
	bool waits = is_waited_for();
	close(first);
	assert_int_equal(end_of(waiter), 0);
	assert_true(waits);
}

static void one_who_waits_can_be_stopped(void **state)
{
	(void)state;
	int first = claim("web01.cfg");
	assert_true(first >= 0);
	pid_t waiter = start_waiter(first);
	bool waits = is_waited_for();
	kill(waiter, SIGINT);
	assert_int_equal(end_of(waiter), 1);
	assert_true(waits);
	/* Nobody waits for it any more. */
	close(first);
	int again = claim("web01.cfg");
	assert_true(again >= 0);
	close(again);
}

static void a_file_that_somebody_removes_is_made_again_and_counts(void **state)
{
	char path[80];

	(void)state;
	int first = claim("web01.cfg");
	close(first);
	snprintf(path, sizeof(path), "%s/locks", locks);
	assert_int_equal(unlink(path), 0);
	int second = claim("web01.cfg");
	assert_true(second >= 0);
	assert_int_equal(claim("web01.cfg"), -1);
	assert_int_equal(err.kind, BD_KIND_IN_USE);
	close(second);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(bd_lock("/nonexistent/web01.cfg", &fd, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_path_is_claimed_by_one_at_a_time),
		IN_FOLDER(other_paths_stay_free),
		IN_FOLDER(two_spellings_of_a_path_are_one_claim),
		IN_FOLDER(a_claim_goes_with_its_process_however_it_ends),
		IN_FOLDER(the_process_that_has_it_is_named_and_counted),
		IN_FOLDER(a_program_that_is_run_meanwhile_does_not_have_it),
		IN_FOLDER(one_who_waits_gets_it_when_it_is_free),
		IN_FOLDER(one_who_waits_can_be_stopped),
		IN_FOLDER(a_file_that_somebody_removes_is_made_again_and_counts),
		IN_FOLDER(a_folder_that_is_not_there_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
