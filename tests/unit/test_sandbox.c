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
#include <linux/futex.h>
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
#include <time.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

static struct bd_error err;
static char answer[256];

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		_exit(9);
}

/* Runs the job on this program as its input, and reads its whole answer; it has deadline_s for that, 0: for ever. */
static int run_job(struct bd_sandbox_job job, unsigned deadline_s)
{
	struct bd_sandbox sandbox = BD_SANDBOX_INIT;
	int input = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	size_t used = 0, got = 1;

	assert_true(input >= 0);
	job.input_fd = input;
	job.memory_bytes = 32 << 20;
	err = (struct bd_error)BD_ERROR_INIT;
	assert_int_equal(bd_sandbox_start(&job, &sandbox, &err), 0);
	bd_sandbox_set_deadline(&sandbox, deadline_s);
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

static int run(void (*work)(void *, int, int), void *context, unsigned idle_cpu_s)
{
	return run_job((struct bd_sandbox_job){ .work = work, .context = context, .idle_cpu_s = idle_cpu_s }, 0);
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

enum attempt {
	SOCKET,
	FORK,
	EXEC,
	KILL,
	KILL_ALL,
	MAP_CODE,
	MAP_INPUT,
	DUP,
	UNLINK,
	TRACE,
	MOUNT,
	NAMESPACE,
	SET_USER,
	ATTEMPTS,
	OPEN = ATTEMPTS /* is refused only, unless it is asked for */
};

static void try_call(void *context, int input_fd, int output_fd)
{
	static const char *const argv[] = { "/bin/true", NULL };

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
	case MAP_INPUT:
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, input_fd, 0);
		break;
	case OPEN:
		if (open("/etc/passwd", O_RDONLY) >= 0)
			say(output_fd, "OPEN");
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
	for (enum attempt attempt = SOCKET; attempt < ATTEMPTS; attempt++) {
		print_message("# %d\n", (int)attempt);
		assert_int_equal(run(try_call, &attempt, 60), -1);
		assert_string_equal(answer, "");
		assert_int_equal(err.code, EINVAL);
		assert_non_null(strstr(err.message, "a forbidden system call"));
	}
}

static void opening_a_file_ends_it_where_that_is_asked_for(void **state)
{
	enum attempt attempt = OPEN;
	struct bd_sandbox_job job = { .work = try_call, .context = &attempt, .idle_cpu_s = 60, .ends_openers = true };

	(void)state;
	assert_int_equal(run_job(job, 0), -1);
	assert_string_equal(answer, "");
	assert_non_null(strstr(err.message, "a forbidden system call"));
	job.ends_openers = false;
	assert_int_equal(run_job(job, 0), 0);
	assert_string_equal(answer, "DONE");
	/* What else has a path is refused, as it is without. */
	job.ends_openers = true;
	job.work = look_by_path;
	assert_int_equal(run_job(job, 0), 0);
	assert_string_equal(answer, "no no no own same none");
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

static void compute_and_tell(void *context, int input_fd, int output_fd)
{
	(void)context;
	(void)input_fd;
	for (volatile unsigned i = 0;; i++)
		if (i % (1u << 26) == 0)
			say(output_fd, ".");
}

/* However much it answers. */
static void its_cpu_time_ends(void **state)
{
	(void)state;
	assert_int_equal(
		run_job((struct bd_sandbox_job){ .work = compute_and_tell, .idle_cpu_s = 60, .cpu_s = 1 }, 0), -1);
	assert_int_equal(answer[0], '.');
	assert_int_equal(err.code, ETIME);
	assert_non_null(strstr(err.message, "more than 1 s of CPU time"));
}

/* Whether it computes or not, as a device may not answer. */
static void sleep_and_tell(void *context, int input_fd, int output_fd)
{
	int word = 0;
	(void)context;
	(void)input_fd;

	for (;;) {
		const struct timespec tenth = { 0, 100000000 };
		syscall(SYS_futex, &word, FUTEX_WAIT, 0, &tenth, NULL, 0);
		say(output_fd, ".");
	}
}

static void its_time_ends(void **state)
{
	(void)state;
	assert_int_equal(run_job((struct bd_sandbox_job){ .work = sleep_and_tell, .idle_cpu_s = 60, .cpu_s = 60 }, 1),
			 -1);
	assert_int_equal(answer[0], '.');
	assert_int_equal(err.code, ETIME);
	assert_string_equal(err.message, "reading it took longer than 1 s");
}

static void answer_and_stay(void *context, int input_fd, int output_fd)
{
	int word = 0;
	(void)context;
	(void)input_fd;

	say(output_fd, "all");
	syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void answer_for_ever(void *context, int input_fd, int output_fd)
{
	static const char much[4096];
	(void)context;
	(void)input_fd;

	say(output_fd, "all");
	while (write(output_fd, much, sizeof(much)) > 0)
		;
}

/* Of one whose answer is complete: what is left of its time, or of what its pipe holds, is all that it gets. */
static void an_answer_is_followed_by_its_end(void **state)
{
	static void (*const works[])(void *, int, int) = { answer_and_stay, answer_for_ever };
	static const int codes[] = { ETIME, EBADMSG };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bd_sandbox sandbox = BD_SANDBOX_INIT;
		const struct bd_sandbox_job job = {
			.input_fd = STDIN_FILENO, .work = works[i], .memory_bytes = 32 << 20, .idle_cpu_s = 60
		};
		size_t got;
		assert_int_equal(bd_sandbox_start(&job, &sandbox, &err), 0);
		bd_sandbox_set_deadline(&sandbox, i == 0 ? 1 : 60);
		assert_int_equal(bd_sandbox_read(&sandbox, answer, 3, &got, &err), 0);
		assert_int_equal(got, 3);
		assert_int_equal(bd_sandbox_finish(&sandbox, &err), -1);
		assert_int_equal(err.code, codes[i]);
		bd_sandbox_dispose(&sandbox);
	}
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

struct identity {
	unsigned uids[4], gids[4]; /* real, effective, saved, of files */
	int group_count;
	unsigned long long capabilities; /* any, of any set */
	char users[64]; /* its user namespace */
};

static void read_identity(pid_t pid, struct identity *identity)
{
	char path[64], line[512];

	*identity = (struct identity){ .group_count = 0 };
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *status = fopen(path, "r");
	assert_non_null(status);
	while (fgets(line, sizeof(line), status)) {
		unsigned *u = identity->uids, *g = identity->gids;
		unsigned long long set;
		sscanf(line, "Uid: %u %u %u %u", &u[0], &u[1], &u[2], &u[3]);
		sscanf(line, "Gid: %u %u %u %u", &g[0], &g[1], &g[2], &g[3]);
		if (strncmp(line, "Groups:", 7) == 0)
			for (char *at = strtok(line + 7, " \t\n"); at; at = strtok(NULL, " \t\n"))
				identity->group_count++;
		if (sscanf(line, "CapInh: %llx", &set) == 1 || sscanf(line, "CapPrm: %llx", &set) == 1 ||
		    sscanf(line, "CapEff: %llx", &set) == 1 || sscanf(line, "CapAmb: %llx", &set) == 1)
			identity->capabilities |= set;
	}
	fclose(status);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	ssize_t size = readlink(path, identity->users, sizeof(identity->users) - 1);
	assert_true(size > 0);
	identity->users[size] = '\0';
}

static void look_at_identity(struct bd_sandbox_job job, struct identity *identity)
{
	struct bd_sandbox sandbox = BD_SANDBOX_INIT;
	int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	size_t got;

	job.input_fd = input;
	job.work = wait_for_ever;
	job.memory_bytes = 32 << 20;
	job.idle_cpu_s = 60;
	assert_int_equal(bd_sandbox_start(&job, &sandbox, &err), 0);
	assert_int_equal(bd_sandbox_read(&sandbox, answer, sizeof(answer), &got, &err), 0);
	assert_true(got > 0);
	read_identity(sandbox.pid, identity);
	bd_sandbox_dispose(&sandbox);
	close(input);
}

static void it_is_the_user_that_is_asked_for(void **state)
{
	const gid_t groups[] = { 4, 1234 };
	struct identity identity;

	(void)state;
	if (getuid() != 0)
		skip();
	assert_int_equal(setgroups(2, groups), 0);
	look_at_identity((struct bd_sandbox_job){ .uid = 131079, .gid = 65533 }, &identity);
	assert_int_equal(setgroups(0, NULL), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(identity.uids[i], 131079);
		assert_int_equal(identity.gids[i], 65533);
	}
	assert_int_equal(identity.group_count, 0);
	assert_true(identity.capabilities == 0);
}

static int ask_for_another(void)
{
	return run_job((struct bd_sandbox_job){ .work = read_and_answer, .idle_cpu_s = 60, .uid = 12346 }, 0) == -1 &&
			       !*answer && strstr(err.message, "status 101")
		       ? 0
		       : 1;
}

/* It does not begin where that user is not to be had. */
static void it_is_no_other_user(void **state)
{
	(void)state;
	assert_int_equal(as_another_user(ask_for_another), 0);
}

static void nobody_may_be_in_a_user_namespace_of_its_own(void **state)
{
	struct identity ours, plain, own;
	struct bd_sandbox_job job = { .work = look_by_path, .idle_cpu_s = 60, .own_users = true };

	(void)state;
	if (getuid() != 0)
		skip();
	read_identity(getpid(), &ours);
	look_at_identity((struct bd_sandbox_job){ .own_users = false }, &plain);
	look_at_identity((struct bd_sandbox_job){ .own_users = true }, &own);
	assert_string_equal(plain.users, ours.users);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(own.uids[i], 65534);
		assert_int_equal(own.gids[i], 65534);
	}
	assert_int_equal(own.group_count, 0);
	assert_true(own.capabilities == 0);
	if (strcmp(own.users, ours.users) == 0)
		print_message("# no user namespaces here\n");
	/* Its root directory is empty all the same. */
	assert_int_equal(run_job(job, 0), 0);
	assert_string_equal(answer, "no no no own same none");
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
		cmocka_unit_test(opening_a_file_ends_it_where_that_is_asked_for),
		cmocka_unit_test(its_memory_ends),
		cmocka_unit_test(its_cpu_time_ends),
		cmocka_unit_test(its_time_ends),
		cmocka_unit_test(an_answer_is_followed_by_its_end),
		cmocka_unit_test(it_is_given_up_when_it_computes_without_an_answer),
		cmocka_unit_test(a_crash_is_no_end),
		cmocka_unit_test(it_is_nobody_and_holds_two_descriptors),
		cmocka_unit_test(it_is_the_user_that_is_asked_for),
		cmocka_unit_test(it_is_no_other_user),
		cmocka_unit_test(nobody_may_be_in_a_user_namespace_of_its_own),
		cmocka_unit_test(it_does_not_outlive_its_parent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
