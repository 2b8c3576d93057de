/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about sandbox/program.h: what a confined program can do, as root and as another user, and what it cannot, each of which it can
 * without the confinement. The program is this one, with arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/mounts.h"
#include "sandbox/program.h"

#define MIB ((off_t)1 << 20)

static struct bd_error err;
static char output[4096], self[4096];

/* --- the program -------------------------------------------------------------------------------------------------- */

static int open_quietly(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static int connect_to(const struct sockaddr *address, socklen_t size)
{
	int fd = socket(address->sa_family, SOCK_STREAM, 0);

	return fd < 0 ? -1 : connect(fd, address, size);
}

static int connect_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	return connect_to((const struct sockaddr *)&address, sizeof(address));
}

static int connect_tcp(const char *port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons((uint16_t)atoi(port)),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return connect_to((const struct sockaddr *)&address, sizeof(address));
}

static void say(const char *what, bool done)
{
	printf("%s:%s ", what, done ? "yes" : "no");
}

/* In a folder of the user's, with a port on which somebody listens. */
static int attempt(const char *folder, const char *port, const char *own)
{
	char other[128], beside[128], line[256];
	unsigned long long capabilities = 0;

	snprintf(other, sizeof(other), "%.100s/other", folder);
	snprintf(beside, sizeof(beside), "%.100s/beside", folder);
	say("own", open_quietly(own, O_RDWR) == 0);
	say("read", open_quietly(other, O_RDONLY) == 0);
	say("device", open_quietly("/dev/full", O_RDWR) == 0);
	say("write", open_quietly(other, O_WRONLY) == 0);
	say("create", open_quietly(beside, O_WRONLY | O_CREAT) == 0);
	say("truncate", truncate(other, 1) == 0);
	say("chmod", chmod(other, 0640) == 0);
	say("rename", rename(other, beside) == 0 && rename(beside, other) == 0);
	say("unlink", unlink(other) == 0);
	snprintf(line, sizeof(line), "%s/socket", folder);
	say("unix", connect_unix(line) == 0);
	say("tcp", connect_tcp(port) == 0);
	say("signal", kill(getppid(), 0) == 0);
	say("namespace", unshare(CLONE_FS) == 0);
	FILE *status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof(line), status))
		sscanf(line, "CapPrm: %llx", &capabilities);
	say("status", status != NULL);
	say("capabilities", capabilities != 0);
	return 0;
}

/* --- the facts ---------------------------------------------------------------------------------------------------- */

static char folder[64], port[16];
static int own_fd = -1, unix_fd = -1, tcp_fd = -1;

static void check(bool is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	_exit(7);
}

static void listen_unix(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
	unix_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(bind(unix_fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && listen(unix_fd, 8) == 0,
	      "a socket");
}

static void listen_tcp(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(bind(tcp_fd, (const struct sockaddr *)&address, size) == 0 && listen(tcp_fd, 8) == 0 &&
		      getsockname(tcp_fd, (struct sockaddr *)&address, &size) == 0,
	      "a port");
	snprintf(port, sizeof(port), "%u", ntohs(address.sin_port));
}

static void make_folder(void)
{
	char path[128];

	strcpy(folder, "/tmp/xen-bigdisk-test-program-XXXXXX");
	check(mkdtemp(folder) != NULL, "a folder");
	snprintf(path, sizeof(path), "%s/own", folder);
	own_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	check(own_fd >= 0 && ftruncate(own_fd, MIB) == 0, "own");
	snprintf(path, sizeof(path), "%s/other", folder);
	int other = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	check(other >= 0 && write(other, "other", 5) == 5, "other");
	close(other);
	listen_unix();
	listen_tcp();
}

static void remove_folder(void)
{
	static const char *const names[] = { "own", "other", "beside", "socket" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
	close(own_fd);
	close(unix_fd);
	close(tcp_fd);
}

/* What the program says. */
static void run_attempts(bool is_confined)
{
	char own[BD_PROGRAM_PATH_SIZE];
	const struct bd_program program = { .read_fd = own_fd, .write_fd = own_fd, .file_bytes = (uint64_t)MIB };

	bd_program_path(own_fd, own);
	const char *const argv[] = { self, folder, port, own, NULL };
	struct bd_run run = bd_program_run(argv, &program);
	if (!is_confined) {
		run.confine = NULL;
		check(fcntl(own_fd, F_SETFD, 0) == 0, "own");
	}
	run.output = output;
	run.output_size = sizeof(output);
	if (bd_run(&run, &err) != 0) {
		fprintf(stderr, "%s\n", err.message);
		_exit(6);
	}
}

/* Of a kernel or a host that does not have it. */
static void hide_call(long number, int error)
{
	const struct sock_filter rows[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { 4, (struct sock_filter *)rows };

	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0,
	      "a filter");
}

static void change_user(void)
{
	check(setgroups(0, NULL) == 0 && setresgid(12345, 12345, 12345) == 0 && setresuid(12345, 12345, 12345) == 0,
	      "another user");
}

static int can_have_namespaces(void)
{
	return unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) == 0 &&
			       syscall(__NR_mount_setattr, -1, "", 0, NULL, 0) != 0 && errno != ENOSYS
		       ? 0
		       : 1;
}

/* In a process of its own, as root or as another user. 0: as it should be. */
static int in_a_process(int (*work)(void), bool as_other)
{
	int status;

	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		if (as_other && geteuid() == 0)
			change_user();
		_exit(work());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static bool has_landlock(void)
{
	return syscall(__NR_landlock_create_ruleset, NULL, 0, 1) > 0;
}

static bool user_reaches_program(void)
{
	return access(self, R_OK | X_OK) == 0;
}

static int reach(void)
{
	return user_reaches_program() ? 0 : 1;
}

static int expect(const char *expected)
{
	bool is_same = strcmp(output, expected) == 0;

	if (!is_same)
		fprintf(stderr, "\"%s\", not\n\"%s\"\n", output, expected);
	remove_folder();
	return is_same ? 0 : 1;
}

#define NOTHING_ELSE \
	"write:no create:no truncate:no chmod:no rename:no unlink:no unix:no tcp:no signal:no namespace:no status:yes " \
	"capabilities:no "

static int confined(void)
{
	make_folder();
	run_attempts(true);
	return expect("own:yes read:no device:no " NOTHING_ELSE);
}

static int confined_without_namespaces(void)
{
	make_folder();
	hide_call(__NR_unshare, EPERM);
	run_attempts(true);
	return expect("own:yes read:no device:no " NOTHING_ELSE);
}

static int confined_without_landlock(void)
{
	make_folder();
	hide_call(__NR_landlock_create_ruleset, ENOSYS);
	run_attempts(true);
	return expect("own:yes read:yes device:no " NOTHING_ELSE);
}

/* What is left then: names, owners, modes, sockets, signals, and the limit on sizes. */
static int confined_without_both(void)
{
	make_folder();
	hide_call(__NR_unshare, EPERM);
	hide_call(__NR_landlock_create_ruleset, ENOSYS);
	run_attempts(true);
	return expect(
		"own:yes read:yes device:yes write:yes create:yes truncate:no chmod:no rename:no unlink:no unix:no "
		"tcp:no signal:no namespace:no status:yes capabilities:no ");
}

static int unconfined(void)
{
	make_folder();
	run_attempts(false);
	return expect(
		geteuid() == 0
			? "own:yes read:yes device:yes write:yes create:yes truncate:yes chmod:yes rename:yes unlink:yes "
			  "unix:yes tcp:yes signal:yes namespace:yes status:yes capabilities:yes "
			: "own:yes read:yes device:yes write:yes create:yes truncate:yes chmod:yes rename:yes unlink:yes "
			  "unix:yes tcp:yes signal:yes namespace:yes status:yes capabilities:no ");
}

/* A file that somebody else owns and that only he may open, and root by a capability. */
static int confined_on_a_closed_file(void)
{
	make_folder();
	check(fchmod(own_fd, 0) == 0, "own");
	run_attempts(true);
	const char *found = strstr(output, "own:yes read:no device:no write:no create:no truncate:no chmod:no");

	if (!found)
		fprintf(stderr, "%s\n", output);
	remove_folder();
	return found ? 0 : 1;
}

/* Of two owners: the one capability that is needed is that to read. */
static int confined_between_two_owners(void)
{
	char own[BD_PROGRAM_PATH_SIZE], path[128];

	make_folder();
	snprintf(path, sizeof(path), "%s/beside", folder);
	int to_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	check(to_fd >= 0 && fchown(own_fd, 23456, 23456) == 0, "beside");
	const struct bd_program program = { .read_fd = own_fd, .write_fd = to_fd, .file_bytes = 3 };
	bd_program_path(own_fd, own);
	bd_program_path(to_fd, path);
	char script[512];
	snprintf(script, sizeof(script),
		 "head -c 3 %s | tr '\\0' x >%s; while read name value; do [ $name != CapPrm: ] || echo $value; done "
		 "</proc/self/status",
		 own, path);
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct bd_run run = bd_program_run(argv, &program);
	run.output = output;
	run.output_size = sizeof(output);
	char copied[4] = "";
	bool is_done = bd_run(&run, &err) == 0 && pread(to_fd, copied, 3, 0) == 3 && strcmp(copied, "xxx") == 0;

	close(to_fd);
	/* CAP_DAC_READ_SEARCH is bit 2. */
	return expect("0000000000000004\n") == 0 && is_done ? 0 : 1;
}

/* What a chosen user says of itself, of the file, and of what it can do besides. */
static int run_as_chosen(void)
{
	char own[BD_PROGRAM_PATH_SIZE], script[512];
	const struct bd_program program = { .read_fd = own_fd, .write_fd = -1, .uid = 131079, .gid = 65533 };

	bd_program_path(own_fd, own);
	snprintf(script, sizeof(script),
		 "id -u; id -G; head -c 3 %s | tr '\\0' x; echo; while read name value; do case $name in "
		 "CapPrm: | CapBnd:) echo $value;; esac; done </proc/self/status\n"
		 "exec 2>&-; (: >>%s) && echo WRITTEN; (: <%s/other) && echo READ; :",
		 own, own, folder);
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct bd_run run = bd_program_run(argv, &program);
	run.output = output;
	run.output_size = sizeof(output);
	return bd_run(&run, &err);
}

/* The file is root's alone: the one capability, CAP_DAC_READ_SEARCH, is one over what is root's in its namespace. */
static int chosen_user_without_a_right(void)
{
	make_folder();
	return run_as_chosen() == 0 && expect("131079\n65533\nxxx\n0000000000000004\n0000000000000004\n") == 0 ? 0
													       : 1;
}

static int chosen_user_with_a_right(void)
{
	make_folder();
	check(fchown(own_fd, 131079, 0) == 0, "own");
	return run_as_chosen() == 0 && expect("131079\n65533\nxxx\n0000000000000000\n0000000000000000\n") == 0 ? 0
													       : 1;
}

/* A file that is neither root's nor its own. */
static int chosen_user_of_anothers_file(void)
{
	make_folder();
	check(fchown(own_fd, 23456, 23457) == 0, "own");
	return run_as_chosen() == 0 && expect("131079\n65533\nxxx\n0000000000000004\n0000000000000004\n") == 0 ? 0
													       : 1;
}

static int chosen_user_without_namespaces(void)
{
	make_folder();
	hide_call(__NR_unshare, EPERM);
	int r = run_as_chosen();
	remove_folder();
	return r != 0 && !strstr(output, "131079") ? 0 : 1;
}

/* The names in its root directory, and what is in the file. */
#define LOOK \
	"cd /; echo *; true 2>&- >/new && echo WRITTEN; true 2>&- >/dev/new && echo WRITTEN; echo x >/dev/null; echo /dev/*; " \
	"exec od -An -tx1 -N3 /file"
static int run_in_own_root(uid_t uid, const char *script)
{
	/* As one is who has not just become another user: else the kernel lets it map nobody. */
	check(prctl(PR_SET_DUMPABLE, 1) == 0, "dumpable");
	const struct bd_program program = {
		.read_fd = own_fd, .write_fd = -1, .uid = uid, .gid = uid, .own_root = true
	};
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct bd_run run = bd_program_run(argv, &program);
	run.output = output;
	run.output_size = sizeof(output);
	return bd_run(&run, &err);
}

/* What there is of these depends on the host; each of them is programs or libraries. */
static bool is_small_root(void)
{
	static const char *const known[] = { "usr", "bin", "sbin", "lib",  "lib32", "lib64",
					     "nix", "gnu", "dev",  "file", NULL };
	char *rest = strchr(output, '\n'), *save = NULL;
	bool has_file = false;

	if (!rest)
		return false;
	*rest++ = '\0';
	for (char *name = strtok_r(output, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		size_t i = 0;
		while (known[i] && strcmp(known[i], name) != 0)
			i++;
		if (!known[i])
			return false;
		has_file = has_file || strcmp(name, "file") == 0;
	}
	return has_file && strcmp(rest, "/dev/null /dev/random /dev/urandom /dev/zero\n 00 00 00\n") == 0;
}

static int own_root_as(uid_t uid, const char *text)
{
	make_folder();
	int r = run_in_own_root(uid, LOOK);
	char told[sizeof(output)];
	strcpy(told, output);
	bool is_good = r == 0 && is_small_root();
	if (!is_good)
		fprintf(stderr, "%s: %s\n%s\n", text, r != 0 ? err.message : "", told);
	remove_folder();
	return is_good ? 0 : 1;
}

static int own_root(void)
{
	return own_root_as(0, "own root");
}

static int own_root_of_chosen(void)
{
	return own_root_as(131079, "own root of a chosen user");
}

/* Each would have as much memory and time as it has itself. The kernel's limit is not for root, who is not chosen. */
static int starts_nobody(void)
{
	make_folder();
	int r = run_in_own_root(geteuid() == 0 ? 131079 : 0, "(echo A CHILD); echo it has one");
	remove_folder();
	bool is_good = r != 0 && strstr(output, "fork") && !strstr(output, "CHILD");
	if (!is_good)
		fprintf(stderr, "%d: %s\n", r, output);
	return is_good ? 0 : 1;
}

static int no_own_root(void)
{
	make_folder();
	hide_call(__NR_unshare, EPERM);
	*output = '\0';
	int r = run_in_own_root(0, LOOK);
	remove_folder();
	return r != 0 && !*output ? 0 : 1;
}

static int confined_on_anothers_file(void)
{
	make_folder();
	check(fchown(own_fd, 23456, 23456) == 0, "own");
	run_attempts(true);
	return expect("own:yes read:no device:no " NOTHING_ELSE);
}

static void for_both_users(int (*work)(void))
{
	assert_int_equal(in_a_process(work, false), 0);
	if (geteuid() != 0)
		return;
	if (in_a_process(reach, true) == 0)
		assert_int_equal(in_a_process(work, true), 0);
	else
		print_message("# another user cannot reach %s\n", self);
}

static void what_is_refused_is_possible_without_the_confinement(void **state)
{
	(void)state;
	for_both_users(unconfined);
}

static bool has_namespaces(void)
{
	return in_a_process(can_have_namespaces, false) == 0 && in_a_process(can_have_namespaces, true) == 0;
}

static void a_program_opens_its_file_and_does_nothing_else(void **state)
{
	(void)state;
	if (!has_landlock())
		skip();
	for_both_users(confined);
}

static void namespaces_are_no_condition(void **state)
{
	(void)state;
	if (!has_landlock())
		skip();
	for_both_users(confined_without_namespaces);
}

static void nor_is_landlock(void **state)
{
	(void)state;
	if (!has_namespaces())
		skip();
	for_both_users(confined_without_landlock);
}

static void without_both_names_and_sockets_are_out_of_reach_still(void **state)
{
	(void)state;
	for_both_users(confined_without_both);
}

static void a_user_can_be_chosen_who_may_not_open_the_file(void **state)
{
	(void)state;
	if (geteuid() != 0 || !has_landlock() || !has_namespaces())
		skip();
	assert_int_equal(in_a_process(chosen_user_without_a_right, false), 0);
	assert_int_equal(in_a_process(chosen_user_with_a_right, false), 0);
	assert_int_equal(in_a_process(chosen_user_of_anothers_file, false), 0);
}

static void it_may_see_its_file_and_programs_only(void **state)
{
	(void)state;
	if (!has_namespaces())
		skip();
	for_both_users(own_root);
	for_both_users(starts_nobody);
	if (geteuid() == 0)
		assert_int_equal(in_a_process(own_root_of_chosen, false), 0);
	for_both_users(no_own_root);
}

static void run_free(const char *const *argv)
{
	const struct bd_run run = { .argv = argv };

	check(bd_run(&run, &err) == 0, argv[0]);
}

/* It lists the root directory, and opens the disk by its real name. */
static int grub_fstest(void)
{
	char own[128];
	static const char *const argv[] = { "grub-fstest", BD_MOUNTS_FILE, "ls", "(loop0)/", NULL };

	make_folder();
	snprintf(own, sizeof(own), "%s/own", folder);
	run_free((const char *const[]){ "mke2fs", "-q", "-t", "ext2", own, NULL });
	const struct bd_program program = {
		.read_fd = own_fd, .write_fd = -1, .uid = 131079, .gid = 65533, .own_root = true
	};
	struct bd_run run = bd_program_run(argv, &program);
	run.output = output;
	run.output_size = sizeof(output);
	int r = bd_run(&run, &err);
	if (r != 0)
		fprintf(stderr, "%s\n", err.message);
	return r == 0 && expect("lost+found/ \n") == 0 ? 0 : 1;
}

static void grub_fstest_reads_a_disk_so(void **state)
{
	(void)state;
	if (geteuid() != 0 || !has_namespaces() || access("/usr/bin/grub-fstest", X_OK) != 0)
		skip();
	assert_int_equal(in_a_process(grub_fstest, false), 0);
}

static void a_chosen_user_is_no_other(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_a_process(chosen_user_without_namespaces, false), 0);
	/* Another than root is not run as somebody else either. */
	assert_int_equal(in_a_process(chosen_user_without_namespaces, true), 0);
}

static void whose_the_file_is_and_its_mode_are_no_obstacle_to_root(void **state)
{
	(void)state;
	if (geteuid() != 0 || !has_landlock() || in_a_process(reach, true) != 0)
		skip(); /* root of a user namespace has no other users */
	assert_int_equal(in_a_process(confined_on_anothers_file, false), 0);
	assert_int_equal(in_a_process(confined_on_a_closed_file, false), 0);
	assert_int_equal(in_a_process(confined_between_two_owners, false), 0);
}

static void its_file_does_not_outgrow_its_size(void **state)
{
	char own[BD_PROGRAM_PATH_SIZE], script[256];
	struct stat there;

	(void)state;
	make_folder();
	const struct bd_program program = { .read_fd = own_fd,
					    .write_fd = own_fd,
					    .file_bytes = (uint64_t)(2 * MIB) };
	bd_program_path(own_fd, own);
	snprintf(script, sizeof(script), "dd if=/dev/zero of=%s bs=65536 count=64 status=none; echo $?", own);
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct bd_run run = bd_program_run(argv, &program);
	run.output = output;
	run.output_size = sizeof(output);
	if (bd_run(&run, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(output + strlen(output) - 2, "1\n");
	assert_int_equal(fstat(own_fd, &there), 0);
	assert_int_equal(there.st_size, 2 * MIB);
	remove_folder();
}

/* Without Landlock, it could be cut off. */
static void what_may_only_be_read_is_not_written(void **state)
{
	char own[BD_PROGRAM_PATH_SIZE], script[256], bytes[4];

	(void)state;
	make_folder();
	const struct bd_program program = { .read_fd = own_fd, .write_fd = -1 };
	bd_program_path(own_fd, own);
	snprintf(script, sizeof(script), "head -c 1 %s >/dev/null && echo read; echo text >%s || echo refused", own,
		 own);
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct bd_run run = bd_program_run(argv, &program);
	run.output = output;
	run.output_size = sizeof(output);
	if (bd_run(&run, &err) != 0)
		fail_msg("%s", err.message);
	assert_non_null(strstr(output, "read\n"));
	assert_non_null(strstr(output, "refused\n"));
	if (has_landlock())
		assert_int_equal(pread(own_fd, bytes, 4, 0), 4);
	remove_folder();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_refused_is_possible_without_the_confinement),
		cmocka_unit_test(a_program_opens_its_file_and_does_nothing_else),
		cmocka_unit_test(namespaces_are_no_condition),
		cmocka_unit_test(nor_is_landlock),
		cmocka_unit_test(without_both_names_and_sockets_are_out_of_reach_still),
		cmocka_unit_test(a_user_can_be_chosen_who_may_not_open_the_file),
		cmocka_unit_test(a_chosen_user_is_no_other),
		cmocka_unit_test(it_may_see_its_file_and_programs_only),
		cmocka_unit_test(grub_fstest_reads_a_disk_so),
		cmocka_unit_test(whose_the_file_is_and_its_mode_are_no_obstacle_to_root),
		cmocka_unit_test(its_file_does_not_outgrow_its_size),
		cmocka_unit_test(what_may_only_be_read_is_not_written),
	};

	if (argc == 4)
		return attempt(argv[1], argv[2], argv[3]);
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[size > 0 ? size : 0] = '\0';
	return cmocka_run_group_tests(tests, NULL, NULL);
}
