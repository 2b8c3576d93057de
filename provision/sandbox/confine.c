/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side: drops descriptors, privileges, memory and system calls, in an order in which each step is still
 * permitted. */
#include "sandbox/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

#include "sandbox/filter.h"
#include "sandbox/landlock.h"

#define NAMESPACES (CLONE_NEWIPC | CLONE_NEWNET)

/* Sanitizers map terabytes, write reports and ask the system for much more. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* Memory that can be executed is not given out. The third argument, a small number, is in the lower half. */
#define ALLOW_DATA(name) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4), LOAD(args[2]), \
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1), ANSWER(SECCOMP_RET_KILL_PROCESS), \
		ANSWER(SECCOMP_RET_ALLOW)
/* Nor is memory that is a file: the input may be cut short by its owner at any time, which is a signal and no error. */
#define ALLOW_MEMORY(name) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 6), LOAD(args[2]), \
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 2, 0), LOAD(args[3]), \
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 1, 0), ANSWER(SECCOMP_RET_KILL_PROCESS), \
		ANSWER(SECCOMP_RET_ALLOW)

/* What is not here ends the process. */
static const struct sock_filter filter[] = {
	FILTER_HEAD,
	ALLOW(read),
	ALLOW(write),
	ALLOW(writev),
	ALLOW(lseek),
#ifdef __NR__llseek
	ALLOW(_llseek),
#endif
	ALLOW(brk),
	ALLOW(munmap),
	ALLOW(mremap),
	ALLOW(madvise),
	ALLOW(exit_group),
	ALLOW(exit),
	ALLOW(futex),
	ALLOW(getpid),
	/* libext2fs of e2fsprogs 1.47.1 asks whether it may trust the environment. */
	ALLOW(getuid),
	ALLOW(geteuid),
	ALLOW(getgid),
	ALLOW(getegid),
	DENY(prctl),
	ALLOW(getrandom),
	ALLOW(clock_gettime),
	ALLOW(gettimeofday),
	ALLOW(rt_sigreturn),
	ALLOW(restart_syscall),
	DENY(openat),
#ifdef __NR_open
	DENY(open),
	DENY(access),
	DENY(readlink),
	DENY(stat),
#endif
	DENY(faccessat),
	DENY(readlinkat),
	ALLOW(fstat),
#ifdef __NR_newfstatat
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_newfstatat, 0, 1),
	ANSWER(SECCOMP_RET_TRAP),
#endif
#ifdef __NR_fadvise64
	ALLOW(fadvise64),
#endif
	DENY(ioctl),
	DENY(sysinfo),
	ALLOW_DATA(mprotect),
#ifdef __NR_mmap
	ALLOW_MEMORY(mmap),
#endif
#ifdef __NR_mmap2
	ALLOW_MEMORY(mmap2),
#endif
	ANSWER(SECCOMP_RET_KILL_PROCESS),
};

/* fstat(2), as some C libraries call it: newfstatat(2) with an empty path. A filter cannot see what a path is, so each such call
 * becomes one that has none. Else a child could learn what files the host has, of which size and age, where its user may have no root
 * directory of its own: without user namespaces, chroot and mount namespaces are root's, and Landlock does not restrict stat(2). It
 * costs a few microseconds.
 *
 * On a FUSE filesystem that is not for all users, nobody may ask even of an open file: then the answer is what was true when the child had
 * not yet given up its rights. */
#ifdef __NR_newfstatat
static struct stat input_before;

static long ask_again(int fd, struct stat *st)
{
	long r = syscall(SYS_fstat, fd, st);

	if (r >= 0 || errno != EACCES || fd != STDIN_FILENO || !st)
		return r < 0 ? -errno : r;
	*st = input_before;
	return 0;
}

static void answer_fstat(int number, siginfo_t *info, void *context)
{
	mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
	int before = errno;
	(void)number;
	(void)info;

#if defined(__x86_64__)
	greg_t *registers = machine->gregs;
	registers[REG_RAX] = ask_again((int)registers[REG_RDI], (struct stat *)registers[REG_RDX]);
#elif defined(__aarch64__)
	machine->regs[0] = (unsigned long)ask_again((int)machine->regs[0], (struct stat *)machine->regs[2]);
#else
#error "the registers of this machine have to be named here"
#endif
	errno = before;
}
#endif

static void take_over_fstat(void)
{
#ifdef __NR_newfstatat
	const struct sigaction action = { .sa_sigaction = answer_fstat, .sa_flags = SA_SIGINFO };

	if (sigaction(SIGSYS, &action, NULL) != 0)
		_exit(BD_SANDBOX_NO_LIMITS);
#endif
}

/* Signals of the terminal are for the parent, which ends us. When it is killed itself, so are we. */
static void follow_parent(pid_t parent)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	static const int deadly[] = { SIGPIPE, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGXCPU };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++)
		signal(deadly[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

/* First above where any of them is to go. */
static void keep_descriptors(int input_fd, int output_fd, int request_fd)
{
	const int above = BD_SANDBOX_REQUESTS_FD + 1;
	int input = fcntl(input_fd, F_DUPFD, above), output = fcntl(output_fd, F_DUPFD, above),
	    request = request_fd < 0 ? -1 : fcntl(request_fd, F_DUPFD, above);

	if (input < 0 || output < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    (request_fd >= 0 && (request < 0 || dup2(request, BD_SANDBOX_REQUESTS_FD) < 0)))
		_exit(BD_SANDBOX_NO_LIMITS);
	if (!SANITIZED)
		close(STDERR_FILENO);
	unsigned first = request_fd < 0 ? BD_SANDBOX_REQUESTS_FD : above;
	if (syscall(SYS_close_range, first, ~0u, 0) == 0)
		return;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		_exit(BD_SANDBOX_NO_LIMITS);
	for (unsigned fd = first; fd < files.rlim_cur; fd++)
		close((int)fd);
}

static uint64_t address_space_bytes(void)
{
	unsigned long long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (statm && fscanf(statm, "%llu", &pages) != 1)
		pages = 0;
	if (statm)
		fclose(statm);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

bool bd_sandbox_become(uid_t uid, gid_t gid)
{
	return setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

void bd_sandbox_offer_to_oom_killer(void)
{
	FILE *score = fopen("/proc/self/oom_score_adj", "we");

	if (score) {
		fputs("1000\n", score);
		fclose(score);
	}
}

static void set_limit(int resource, uint64_t value)
{
	const struct rlimit limit = { value, value };

	if (setrlimit((__rlimit_resource_t)resource, &limit) != 0)
		_exit(BD_SANDBOX_NO_LIMITS);
}

/* A folder that is empty but for our own descriptors. */
static void leave_root_directory(void)
{
	if (chroot("/proc/self/fdinfo") == 0 && chdir("/") != 0)
		_exit(BD_SANDBOX_NO_LIMITS);
}

static bool set_capabilities(uint32_t kept)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct data[2] = { { kept, kept, 0 }, { 0 } };

	return syscall(SYS_capset, &header, data) == 0;
}

/* A user namespace is not to be had in a root directory of its own, so the user changes first, and keeps the right to that; in the
 * namespace, it has all rights for the moment. /proc/self is the new user's only as long as it may be dumped. True: it is in one. */
static bool leave_users(uid_t uid, gid_t gid)
{
	bool is_alone = prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && bd_sandbox_become(uid, gid) &&
			set_capabilities(UINT32_C(1) << CAP_SYS_CHROOT) && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 &&
			unshare(CLONE_NEWUSER) == 0;

	leave_root_directory();
	return is_alone;
}

/* Another user than root needs a user namespace for other namespaces and for chroot, in which it is nobody; where the kernel or the
 * distribution forbids those, and in a container of one user for root too, what follows has to do. Returns whether it is in a user
 * namespace of its own. */
static bool become_other(uid_t uid, gid_t gid, bool own_users)
{
	bool is_alone = false;

	/* Networks, and objects of System V's IPC, of its own, in which there are none. */
	if (geteuid() != 0) {
		is_alone = unshare(CLONE_NEWUSER | NAMESPACES) == 0;
		leave_root_directory();
		return is_alone;
	}
	unshare(NAMESPACES);
	if (own_users)
		is_alone = leave_users(uid, gid);
	else
		leave_root_directory();
	/* The kernel's overflowuid owns nothing, and seccomp and the empty root directory leave a child nothing to do to another
	 * one of the same user; a user for each would have to be configured on each host. */
	if (geteuid() == 0 && bd_sandbox_become(uid, gid) && geteuid() == 0)
		_exit(BD_SANDBOX_NO_LIMITS);
	return is_alone;
}

/* Whether there are no capabilities, by which anything else could be had back, and no way to any. */
static bool is_powerless(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 1, 1, 1 }, { 1, 1, 1 } };
	uint32_t any = 0;

	if (syscall(SYS_capget, &header, data) != 0)
		return false;
	for (size_t i = 0; i < 2; i++)
		any |= data[i].effective | data[i].permitted | data[i].inheritable;
	return !any && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* Whether it is that user and group in every respect, of no other group, and cannot become root again. */
static bool is_wholly(uid_t uid, gid_t gid)
{
	uid_t users[3] = { 0 };
	gid_t groups[3] = { 0 };

	return getresuid(&users[0], &users[1], &users[2]) == 0 &&
	       getresgid(&groups[0], &groups[1], &groups[2]) == 0 && users[0] == uid && users[1] == uid &&
	       users[2] == uid && groups[0] == gid && groups[1] == gid && groups[2] == gid &&
	       getgroups(0, NULL) == 0 && setresuid((uid_t)-1, 0, (uid_t)-1) != 0 &&
	       setresgid((gid_t)-1, 0, (gid_t)-1) != 0;
}

static void give_up_rights(const struct bd_confinement *confinement)
{
	uid_t uid = confinement->uid ? confinement->uid : BD_SANDBOX_NOBODY;
	gid_t gid = confinement->uid ? confinement->gid : BD_SANDBOX_NOBODY;
	bool was_root = geteuid() == 0;

	if (confinement->uid && !was_root && geteuid() != uid)
		_exit(BD_SANDBOX_NO_LIMITS);
	bool is_alone = become_other(uid, gid, confinement->own_users);
	if (!set_capabilities(0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || !is_powerless())
		_exit(BD_SANDBOX_NO_LIMITS);
	/* A user that was asked for is one to have; in a container that has no other, root without capabilities has to do for nobody.
	 * In a namespace of its own it does not see its number. */
	bool is_as_far_as_possible = !was_root || (geteuid() == 0 && !confinement->uid);
	if (!is_as_far_as_possible && !is_wholly(is_alone ? geteuid() : uid, is_alone ? getegid() : gid))
		_exit(BD_SANDBOX_NO_LIMITS);
}

/* No right to anything that has a path, nor to sockets. */
static void forbid_paths(void)
{
	struct bd_landlock rules;

	bd_landlock_init(&rules);
	if (!bd_landlock_enforce(&rules))
		_exit(BD_SANDBOX_NO_LIMITS);
}

/* In whole seconds, by a signal that nothing here handles; one second later by one that nothing could. */
static void limit_cpu(unsigned cpu_s)
{
	const struct rlimit limit = { cpu_s, (rlim_t)cpu_s + 1 };

	if (cpu_s && setrlimit(RLIMIT_CPU, &limit) != 0)
		_exit(BD_SANDBOX_NO_LIMITS);
}

static bool is_opening(const struct sock_filter *row)
{
	if (row->code != (BPF_JMP | BPF_JEQ | BPF_K))
		return false;
#ifdef __NR_open
	if (row->k == __NR_open)
		return true;
#endif
	return row->k == __NR_openat;
}

/* ends_openers: the answer that refuses to open a file becomes one that ends the process. */
static void forbid_calls(bool ends_openers)
{
	struct sock_filter rows[sizeof(filter) / sizeof(*filter)];
	const struct sock_fprog program = { sizeof(rows) / sizeof(*rows), rows };

	memcpy(rows, filter, sizeof(rows));
	for (size_t i = 1; ends_openers && i < sizeof(rows) / sizeof(*rows); i++)
		if (is_opening(&rows[i - 1]))
			rows[i].k = SECCOMP_RET_KILL_PROCESS;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
		_exit(BD_SANDBOX_NO_FILTER);
}

void bd_sandbox_confine(const struct bd_confinement *confinement)
{
	uint64_t space = address_space_bytes();

	bd_sandbox_offer_to_oom_killer();
	keep_descriptors(confinement->input_fd, confinement->output_fd, confinement->request_fd);
#ifdef __NR_newfstatat
	if (fstat(STDIN_FILENO, &input_before) != 0)
		_exit(BD_SANDBOX_NO_LIMITS);
#endif
	give_up_rights(confinement);
	forbid_paths();
	follow_parent(confinement->parent); /* the death signal does not survive a change of user */
	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_FSIZE, 0);
	set_limit(RLIMIT_NOFILE, 0);
	limit_cpu(confinement->cpu_s);
	if (SANITIZED)
		return;
	take_over_fstat();
	set_limit(RLIMIT_AS, space + confinement->memory_bytes);
	forbid_calls(confinement->ends_openers);
}
