/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about sandbox/: what a child can still do, what ends it, and that nothing of it is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

static struct bd_error err;
static char answer[256];

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		_exit(9);
}

/* Runs the work, and reads its whole answer. */
static int run(void (*work)(void *, int, int), void *context, unsigned idle_cpu_s)
{
	struct bd_sandbox sandbox = BD_SANDBOX_INIT;
	int input = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const struct bd_sandbox_job job = { .input_fd = input,
					    .work = work,
					    .context = context,
					    .memory_bytes = 32 << 20,
					    .idle_cpu_s = idle_cpu_s };
	size_t used = 0, got = 1;

	assert_true(input >= 0);
	err = (struct bd_error)BD_ERROR_INIT;
	assert_int_equal(bd_sandbox_start(&job, &sandbox, &err), 0);
	int r = 0;
	while (r == 0 && got) {
		r = bd_sandbox_read(&sandbox, answer + used, sizeof(answer) - 1 - used, &got, &err);
		used += r == 0 ? got : 0;
	}
	answer[used] = '\0';
	if (r == 0)
		r = bd_sandbox_finish(&sandbox, &err);
	bd_sandbox_dispose(&sandbox);
	close(input);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return r;
}

static void read_and_answer(void *context, int input_fd, int output_fd)
{
	char magic[4];

	if (read(input_fd, magic, 4) == 4 && lseek(input_fd, 0, SEEK_SET) == 0)
		say(output_fd, !memcmp(magic, "\177ELF", 4) ? context : "?");
}

static void it_reads_its_input_and_answers(void **state)
{
	(void)state;
	assert_int_equal(run(read_and_answer, "an ELF file", 60), 0);
	assert_string_equal(answer, "an ELF file");
}

static void try_files(void *context, int input_fd, int output_fd)
{
	static const char *const paths[] = { "/", "/etc/passwd", "/proc/self/mem", "0", "../../etc/passwd" };
	(void)context;
	(void)input_fd;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		say(output_fd, open(paths[i], O_RDONLY) < 0 && errno == EACCES ? "no " : "OPEN ");
	struct stat st;
	say(output_fd, stat("/etc/passwd", &st) != 0 ? "no " : "SEEN ");
	say(output_fd, access("/etc/passwd", R_OK) != 0 ? "no" : "SEEN");
}

static void it_opens_nothing(void **state)
{
	(void)state;
	assert_int_equal(run(try_files, NULL, 60), 0);
	assert_string_equal(answer, "no no no no no no no");
}

static void look_by_path(void *context, int input_fd, int output_fd)
{
	static const int flags[] = { 0, AT_EMPTY_PATH, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW };
	struct stat st, by_path = { 0 };
	(void)context;

	/* Calls that take a path and cannot be told from fstat(2) by their other arguments. */
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		say(output_fd, fstatat(AT_FDCWD, "/etc/passwd", &st, flags[i]) != 0 ? "no " : "SEEN ");
	/* A descriptor is what it was. */
	say(output_fd, fstat(input_fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 ? "own " : "LOST ");
	say(output_fd, fstatat(input_fd, "", &by_path, AT_EMPTY_PATH) == 0 && memcmp(&st, &by_path, sizeof(st)) == 0
			       ? "same "
			       : "OTHER ");
	errno = 0;
	say(output_fd, fstat(77, &st) != 0 && errno == EBADF ? "none" : "ODD");
}

/* What fork(2) runs as another user; 0: as it should be. */
static int as_another_user(int (*check)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(12345, 12345, 12345) != 0 ||
				       setresuid(12345, 12345, 12345) != 0))
			_exit(8);
		_exit(check());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int look_from_outside(void)
{
	return run(look_by_path, NULL, 60) == 0 && strcmp(answer, "no no no own same none") == 0 ? 0 : 1;
}

/* Where namespaces are forbidden. */
static int look_without_namespaces(void)
{
	const struct sock_filter rows[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_unshare, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { 4, (struct sock_filter *)rows };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0
		       ? look_from_outside()
		       : 2;
}

static void no_path_leads_out_of_it(void **state)
{
	(void)state;
	assert_int_equal(look_from_outside(), 0);
	assert_int_equal(as_another_user(look_from_outside), 0);
	assert_int_equal(as_another_user(look_without_namespaces), 0);
}

enum attempt { SOCKET, FORK, EXEC, KILL, KILL_ALL, MAP_CODE, DUP, UNLINK, TRACE, MOUNT, NAMESPACE, SET_USER };

static void try_call(void *context, int input_fd, int output_fd)
{
	static const char *const argv[] = { "/bin/true", NULL };
	(void)input_fd;

	switch (*(enum attempt *)context) {
	case SOCKET:
		socket(AF_UNIX, SOCK_STREAM, 0);
		break;
	case FORK:
		if (fork() == 0)
			_exit(0);
		break;
	case EXEC:
		execv(argv[0], (char *const *)argv);
		break;
	case KILL:
		kill(getppid(), SIGTERM);
		break;
	case KILL_ALL:
		kill(-1, 0);
		break;
	case MAP_CODE:
		mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		break;
	case DUP:
		if (dup(output_fd) < 0)
			return;
		break;
	case UNLINK:
		unlink("/tmp/x");
		break;
	case TRACE:
		ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
		break;
	case MOUNT:
		mount("none", "/", "tmpfs", 0, NULL);
		break;
	case NAMESPACE:
		unshare(CLONE_NEWUSER);
		break;
	case SET_USER:
		if (setuid(0) != 0)
			break;
		break;
	}
	say(output_fd, "DONE");
}

static void what_is_not_allowed_ends_it(void **state)
{
	(void)state;
	for (enum attempt attempt = SOCKET; attempt <= SET_USER; attempt++) {
		print_message("# %d\n", (int)attempt);
		assert_int_equal(run(try_call, &attempt, 60), -1);
		assert_string_equal(answer, "");
		assert_int_equal(err.code, EINVAL);
		assert_non_null(strstr(err.message, "a forbidden system call"));
	}
}

static void fill_memory(void *context, int input_fd, int output_fd)
{
	(void)context;
	(void)input_fd;
	for (int mib = 0; mib < 1024; mib++) {
		char *more = malloc(1 << 20);
		if (!more) {
			say(output_fd, mib < 64 ? "full" : "LATE");
			return;
		}
		memset(more, 1, 1 << 20);
	}
	say(output_fd, "ENDLESS");
}

static void its_memory_ends(void **state)
{
	(void)state;
	assert_int_equal(run(fill_memory, NULL, 60), 0);
	assert_string_equal(answer, "full");
}

static void compute(void *context, int input_fd, int output_fd)
{
	(void)context;
	(void)input_fd;
	say(output_fd, "begun");
	for (volatile unsigned i = 0;; i++)
		;
}

static void it_is_given_up_when_it_computes_without_an_answer(void **state)
{
	(void)state;
	assert_int_equal(run(compute, NULL, 1), -1);
	assert_string_equal(answer, "begun");
	assert_int_equal(err.code, ETIME);
}

static void crash(void *context, int input_fd, int output_fd)
{
	(void)input_fd;
	say(output_fd, "half");
	*(volatile char *)context = 1;
}

static void a_crash_is_no_end(void **state)
{
	(void)state;
	assert_int_equal(run(crash, NULL, 60), -1);
	assert_string_equal(answer, "half");
	assert_non_null(strstr(err.message, "signal 11"));
}

static void wait_for_ever(void *context, int input_fd, int output_fd)
{
	(void)context;
	(void)input_fd;
	say(output_fd, "ready");
	compute(context, input_fd, output_fd);
}

/* As root starts it, it is nobody; either way it has no descriptor but its two. */
static void it_is_nobody_and_holds_two_descriptors(void **state)
{
	struct bd_sandbox sandbox = BD_SANDBOX_INIT;
	int input = open("/dev/null", O_RDONLY | O_CLOEXEC), other = open("/dev/null", O_RDONLY);
	const struct bd_sandbox_job job = {
		.input_fd = input, .work = wait_for_ever, .memory_bytes = 32 << 20, .idle_cpu_s = 60
	};
	char path[64], line[256];
	size_t got;
	unsigned uid = 1;
	int count = 0, no_new_privs = 0, seccomp = 0;
	unsigned long long capabilities = 1;

	(void)state;
	assert_int_equal(bd_sandbox_start(&job, &sandbox, &err), 0);
	assert_int_equal(bd_sandbox_read(&sandbox, answer, sizeof(answer), &got, &err), 0);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)sandbox.pid);
	FILE *status = fopen(path, "r");
	assert_non_null(status);
	while (fgets(line, sizeof(line), status)) {
		sscanf(line, "Uid: %*u %u", &uid);
		sscanf(line, "CapPrm: %llx", &capabilities);
		sscanf(line, "NoNewPrivs: %d", &no_new_privs);
		sscanf(line, "Seccomp: %d", &seccomp);
	}
	fclose(status);
	assert_int_equal(uid, getuid() == 0 ? 65534 : getuid());
	assert_int_equal(capabilities, 0);
	assert_int_equal(no_new_privs, 1);
	assert_int_equal(seccomp, 2);
	if (getuid() == 0) {
		for (int fd = 0; fd < 256; fd++) {
			snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)sandbox.pid, fd);
			count += readlink(path, line, sizeof(line)) > 0;
		}
		assert_int_equal(count, 2);
	}
	bd_sandbox_dispose(&sandbox);
	close(input);
	close(other);
}

/* A process that is killed takes it along. */
static void it_does_not_outlive_its_parent(void **state)
{
	int told[2];
	pid_t child = 0;

	(void)state;
	assert_int_equal(pipe(told), 0);
	pid_t parent = fork();
	if (parent == 0) {
		struct bd_sandbox sandbox = BD_SANDBOX_INIT;
		const struct bd_sandbox_job job = {
			.input_fd = STDIN_FILENO, .work = wait_for_ever, .memory_bytes = 32 << 20, .idle_cpu_s = 60
		};
		size_t got;
		if (bd_sandbox_start(&job, &sandbox, &err) != 0 ||
		    bd_sandbox_read(&sandbox, answer, sizeof(answer), &got, &err) != 0 ||
		    write(told[1], &sandbox.pid, sizeof(sandbox.pid)) < 0)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(told[0], &child, sizeof(child)), sizeof(child));
	close(told[1]);
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	/* Its end of the pipe is closed when it is gone. */
	char byte;
	assert_int_equal(read(told[0], &byte, 1), 0);
	for (int i = 0; i < 1000 && kill(child, 0) == 0; i++) {
		char path[64], line[512] = "";
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
		FILE *stat = fopen(path, "r");
		if (!stat || !fgets(line, sizeof(line), stat) || strstr(line, ") Z "))
			i = 1000; /* gone, or waiting for whoever adopted it */
		if (stat)
			fclose(stat);
		assert_true(i != 999);
		usleep(10000);
	}
	close(told[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_reads_its_input_and_answers),
		cmocka_unit_test(it_opens_nothing),
		cmocka_unit_test(no_path_leads_out_of_it),
		cmocka_unit_test(what_is_not_allowed_ends_it),
		cmocka_unit_test(its_memory_ends),
		cmocka_unit_test(it_is_given_up_when_it_computes_without_an_answer),
		cmocka_unit_test(a_crash_is_no_end),
		cmocka_unit_test(it_is_nobody_and_holds_two_descriptors),
		cmocka_unit_test(it_does_not_outlive_its_parent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
