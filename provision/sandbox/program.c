/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between fork and exec: drops namespaces, identity, capabilities, paths, limits and system calls, in an order in which each step is
 * still permitted. */
#include "sandbox/program.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/confine.h"
#include "sandbox/filter.h"
#include "sandbox/landlock.h"
#include "sandbox/mounts.h"

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET)
#define CLOSE_ON_EXEC 4 /* CLOSE_RANGE_CLOEXEC */
/* e2fsck has a few bits for each block, and more for each directory. */
#define MEMORY_BYTES (UINT64_C(4) << 30)
#define FILE_BYTES_PER_BYTE 64
#define LOG_BYTES (UINT64_C(64) << 10) /* standard error may be a file of ours (base/process/run.h) */

/* --- system calls ------------------------------------------------------------------------------------------------- */

#define IF_EQUAL(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (skip), 0)
#define REFUSE ANSWER(SECCOMP_RET_ERRNO | EACCES_VALUE)

#define ALLOW_IF(name, field, value) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4), LOAD(field), IF_EQUAL(value, 1), REFUSE, \
		ANSWER(SECCOMP_RET_ALLOW)
/* Text for a terminal as if it were typed; signals to others, as the owner of a descriptor (fcntl(2)). */
#define ALLOW_UNLESS(name, field, one, two, three) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 6), LOAD(field), IF_EQUAL(one, 3), IF_EQUAL(two, 2), \
		IF_EQUAL(three, 1), ANSWER(SECCOMP_RET_ALLOW), REFUSE
/* Threads and processes, in the namespaces that there are. */
#define NEW_NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define ALLOW_WITHOUT(name, field, bits) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4), LOAD(field), \
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, 1), REFUSE, ANSWER(SECCOMP_RET_ALLOW)

/* What is not here does not exist. Programs take that as an older kernel, and do without: unlike our own children, they come in
 * versions that nobody has tried. */
static const struct sock_filter filter[] = {
	FILTER_HEAD,
	/* Reading and writing */
	ALLOW(read),
	ALLOW(write),
	ALLOW(pread64),
	ALLOW(pwrite64),
	ALLOW(readv),
	ALLOW(writev),
	ALLOW(preadv),
	ALLOW(pwritev),
	ALLOW(lseek),
	ALLOW(fsync),
	ALLOW(fdatasync),
	ALLOW(sync_file_range),
	ALLOW(sync),
	ALLOW(ftruncate),
	ALLOW(fallocate),
#ifdef __NR_fadvise64
	ALLOW(fadvise64),
#endif
#ifdef __NR_copy_file_range
	ALLOW(copy_file_range),
#endif
#ifdef __NR_preadv2
	ALLOW(preadv2),
	ALLOW(pwritev2),
#endif
	/* Files */
	ALLOW(openat),
	ALLOW(close),
	ALLOW(fstat),
#ifdef __NR_newfstatat
	ALLOW(newfstatat),
#endif
#ifdef __NR_statx
	ALLOW(statx),
#endif
	ALLOW(statfs),
	ALLOW(fstatfs),
	ALLOW(faccessat),
#ifdef __NR_faccessat2
	ALLOW(faccessat2),
#endif
	ALLOW(readlinkat),
	ALLOW(getdents64),
	ALLOW(getcwd),
	ALLOW(chdir),
	ALLOW(umask),
	ALLOW(dup),
	ALLOW(dup3),
	ALLOW(pipe2),
	ALLOW(flock),
	ALLOW_UNLESS(fcntl, args[1], F_SETOWN, F_SETSIG, F_SETOWN_EX),
	ALLOW_UNLESS(ioctl, args[1], TIOCSTI, TIOCLINUX, TIOCSCTTY),
#ifdef __NR_close_range
	ALLOW(close_range),
#endif
#ifdef __NR_open
	ALLOW(open),
	ALLOW(stat),
	ALLOW(lstat),
	ALLOW(access),
	ALLOW(readlink),
	ALLOW(getdents),
	ALLOW(dup2),
	ALLOW(pipe),
#endif
#ifdef __NR_fcntl64
	ALLOW_UNLESS(fcntl64, args[1], F_SETOWN, F_SETSIG, F_SETOWN_EX),
	ALLOW(_llseek),
	ALLOW(ftruncate64),
	ALLOW(stat64),
	ALLOW(lstat64),
	ALLOW(fstat64),
	ALLOW(fstatat64),
	ALLOW(statfs64),
	ALLOW(fstatfs64),
#endif
	/* Memory and threads */
	ALLOW(brk),
	ALLOW(mmap),
	ALLOW(munmap),
	ALLOW(mprotect),
	ALLOW(mremap),
	ALLOW(madvise),
	ALLOW(mincore),
	ALLOW(mlock),
	ALLOW(munlock),
	ALLOW(futex),
	ALLOW(set_robust_list),
	ALLOW(get_robust_list),
	ALLOW(set_tid_address),
	ALLOW_WITHOUT(clone, args[0], NEW_NAMESPACES),
	ALLOW(wait4),
	ALLOW(waitid),
	ALLOW(execve),
	ALLOW(exit),
	ALLOW(exit_group),
	ALLOW(sched_yield),
	ALLOW(sched_getaffinity),
#ifdef __NR_mmap2
	ALLOW(mmap2),
#endif
#ifdef __NR_fork
	ALLOW(fork),
	ALLOW(vfork),
#endif
#ifdef __NR_rseq
	ALLOW(rseq),
#endif
#ifdef __NR_membarrier
	ALLOW(membarrier),
#endif
#ifdef __NR_futex_time64
	ALLOW(futex_time64),
	ALLOW(clock_gettime64),
	ALLOW(clock_nanosleep_time64),
	ALLOW(ppoll_time64),
	ALLOW(pselect6_time64),
#endif
#ifdef __NR_arch_prctl
	ALLOW(arch_prctl),
#endif
#ifdef __NR_set_thread_area
	ALLOW(set_thread_area),
#endif
	/* Signals to itself, waiting, time */
	ALLOW(rt_sigaction),
	ALLOW(rt_sigprocmask),
	ALLOW(rt_sigreturn),
	ALLOW(rt_sigtimedwait),
	ALLOW(sigaltstack),
	ALLOW(signalfd4),
	ALLOW(eventfd2),
	ALLOW(timerfd_create),
	ALLOW(timerfd_settime),
	ALLOW(epoll_create1),
	ALLOW(epoll_ctl),
	ALLOW(epoll_pwait),
	ALLOW(ppoll),
	ALLOW(pselect6),
	ALLOW(nanosleep),
	ALLOW(clock_nanosleep),
	ALLOW(clock_gettime),
	ALLOW(clock_getres),
	ALLOW(gettimeofday),
	ALLOW(times),
	ALLOW(setitimer),
	ALLOW(restart_syscall),
#ifdef __NR_poll
	ALLOW(poll),
	ALLOW(select),
	ALLOW(epoll_wait),
	ALLOW(alarm),
	ALLOW(pause),
	ALLOW(time),
#endif
	/* What it is */
	ALLOW(getpid),
	ALLOW(getppid),
	ALLOW(gettid),
	ALLOW(getpgid),
	ALLOW(getuid),
	ALLOW(geteuid),
	ALLOW(getgid),
	ALLOW(getegid),
	ALLOW(getgroups),
	ALLOW(getresuid),
	ALLOW(getresgid),
	ALLOW(uname),
	ALLOW(sysinfo),
	ALLOW(getrusage),
	ALLOW(prctl),
	ALLOW(getrandom),
	ALLOW_IF(prlimit64, args[0], 0),
#ifdef __NR_getpgrp
	ALLOW(getpgrp),
#endif
#ifdef __NR_getrlimit
	ALLOW(getrlimit),
	ALLOW(setrlimit),
#endif
#ifdef __NR_ugetrlimit
	ALLOW(ugetrlimit),
	ALLOW(getuid32),
	ALLOW(geteuid32),
	ALLOW(getgid32),
	ALLOW(getegid32),
#endif
	ANSWER(SECCOMP_RET_ERRNO | ENOSYS_VALUE),
};

/* --- namespaces --------------------------------------------------------------------------------------------------- */

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool is_done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return is_done;
}

/* In a user namespace it stays who it is (user_namespaces(7)). */
static bool map_itself(uid_t uid, gid_t gid)
{
	char uids[64], gids[64];

	snprintf(uids, sizeof(uids), "%u %u 1\n", (unsigned)uid, (unsigned)uid);
	snprintf(gids, sizeof(gids), "%u %u 1\n", (unsigned)gid, (unsigned)gid);
	return write_file("/proc/self/uid_map", uids) && write_file("/proc/self/setgroups", "deny\n") &&
	       write_file("/proc/self/gid_map", gids);
}

/* Of a process that has a mount namespace of its own. False: what was asked for is not to be had. */
static bool change_mounts(const struct bd_program *program, bool has_own)
{
	if (program->own_root)
		return has_own && bd_mounts_make_root(program->read_fd);
	if (has_own)
		bd_mounts_seal();
	return true;
}

/* Each that can be had. */
static bool leave_namespaces(const struct bd_program *program)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	bool has_own;

	if (uid == 0) {
		unshare(CLONE_NEWIPC | CLONE_NEWNET);
		has_own = unshare(CLONE_NEWNS) == 0;
	} else {
		has_own = unshare(CLONE_NEWUSER | NAMESPACES) == 0;
		if (has_own)
			map_itself(uid, gid);
	}
	return change_mounts(program, has_own);
}

/* --- identity ----------------------------------------------------------------------------------------------------- */

static bool may_open(int fd, uid_t uid, gid_t gid, unsigned needed)
{
	struct stat file;

	if (fd < 0)
		return true;
	if (fstat(fd, &file) != 0)
		return false;
	unsigned mode = file.st_uid == uid   ? file.st_mode >> 6
			: file.st_gid == gid ? file.st_mode >> 3
					     : file.st_mode;
	return (mode & needed) == needed;
}

static bool may_work(const struct bd_program *program, uid_t uid, gid_t gid)
{
	return may_open(program->read_fd, uid, gid, 4) && may_open(program->write_fd, uid, gid, 6);
}

/* Whether they get at the program itself, which may lie in a folder of root's: access(2) asks for the real user. */
static bool may_execute(const char *path, uid_t uid, gid_t gid)
{
	bool may = setresgid(gid, -1, -1) == 0 && setresuid(uid, -1, -1) == 0 && access(path, R_OK | X_OK) == 0;

	return setresuid(0, -1, -1) == 0 && setresgid(0, -1, -1) == 0 && may;
}

#define OPEN_ANY (UINT32_C(1) << CAP_DAC_OVERRIDE)
#define READ_ANY (UINT32_C(1) << CAP_DAC_READ_SEARCH)

struct identity {
	uid_t uid;
	gid_t gid;
	uint32_t capabilities;
};

/* As whom root runs it: nobody, or the owner, or root, where need be with the capability by which it reads, or opens, any file. */
static struct identity choose_identity(const char *path, const struct bd_program *program)
{
	struct stat owned = { 0 };

	if (may_work(program, BD_SANDBOX_NOBODY, BD_SANDBOX_NOBODY) &&
	    may_execute(path, BD_SANDBOX_NOBODY, BD_SANDBOX_NOBODY))
		return (struct identity){ BD_SANDBOX_NOBODY, BD_SANDBOX_NOBODY, 0 };
	if (fstat(program->read_fd, &owned) == 0 && may_work(program, owned.st_uid, owned.st_gid) &&
	    may_execute(path, owned.st_uid, owned.st_gid))
		return (struct identity){ owned.st_uid, owned.st_gid, 0 };
	if (may_work(program, 0, 0))
		return (struct identity){ 0, 0, 0 };
	return (struct identity){ 0, 0, may_open(program->write_fd, 0, 0, 6) ? READ_ANY : OPEN_ANY };
}

/* A bounding set of nothing leaves a program of root's nothing when it is executed (capabilities(7)); where the set is somebody
 * else's, PR_SET_NO_NEW_PRIVS does. */
static void bound_capabilities(uint32_t kept)
{
	for (unsigned long capability = 0; capability < 64; capability++)
		if (capability >= 32 || !(kept >> capability & 1))
			prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

static bool have_capabilities(uint32_t kept)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct data[2] = { { kept, kept, kept }, { 0 } };

	return syscall(SYS_capset, &header, data) == 0;
}

/* In a container, users and capabilities may be missing; then it is root with fewer of them. */
static bool change_identity(const char *path, const struct bd_program *program)
{
	struct identity identity = { .uid = geteuid() };

	if (identity.uid == 0)
		identity = choose_identity(path, program);
	/* Another user would not have it. */
	bound_capabilities(identity.uid == 0 ? identity.capabilities : OPEN_ANY);
	if (geteuid() == 0 && !bd_sandbox_become(identity.uid, identity.gid))
		identity.capabilities = OPEN_ANY;
	return have_capabilities(geteuid() == 0 ? identity.capabilities : 0) || have_capabilities(0);
}

/* --- a user of the caller's choice -------------------------------------------------------------------------------- */

/* Two users, or groups, who are themselves in the namespace (user_namespaces(7)). */
static bool write_map(pid_t pid, const char *name, unsigned one, unsigned other)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	int used = snprintf(text, sizeof(text), "%u %u 1\n", one, one);
	if (other != one)
		snprintf(text + used, sizeof(text) - (size_t)used, "%u %u 1\n", other, other);
	return write_file(path, text);
}

/* What a process with power outside of the namespace has to write, once it is there. */
static _Noreturn void map_from_outside(pid_t pid, int told_fd, const struct bd_program *program,
				       const struct stat *owned)
{
	char byte;
	bool is_done = TEMP_FAILURE_RETRY(read(told_fd, &byte, 1)) == 1 &&
		       write_map(pid, "uid_map", owned->st_uid, program->uid) &&
		       write_map(pid, "gid_map", owned->st_gid, program->gid);

	_exit(is_done ? 0 : 1);
}

/* A user namespace in which there are the file's owner and the user only. */
static bool enter_users(const struct bd_program *program)
{
	struct stat owned;
	int told[2], status = 1;
	pid_t self = getpid();

	if (fstat(program->read_fd, &owned) != 0 || pipe2(told, O_CLOEXEC) != 0)
		return false;
	pid_t helper = fork();
	if (helper == 0) {
		close(told[1]);
		map_from_outside(self, told[0], program, &owned);
	}
	bool is_alone = helper > 0 && unshare(CLONE_NEWUSER) == 0 && write(told[1], "", 1) == 1;
	close(told[0]);
	close(told[1]);
	if (helper > 0 && TEMP_FAILURE_RETRY(waitpid(helper, &status, 0)) != helper)
		status = 1;
	return is_alone && status == 0;
}

#define SEAL_MOUNTS (UINT32_C(1) << CAP_SYS_ADMIN | UINT32_C(1) << CAP_SETPCAP)

/* The mounts are sealed by the user himself, by rights that he keeps until then; /proc/self is his only as long as he may be dumped. */
static bool become_reader(const struct bd_program *program)
{
	if (!enter_users(program) || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 ||
	    !bd_sandbox_become(program->uid, program->gid) || !have_capabilities(READ_ANY | SEAL_MOUNTS) ||
	    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
		return false;
	if (!change_mounts(program, unshare(NAMESPACES) == 0))
		return false;
	bound_capabilities(READ_ANY);
	return have_capabilities(READ_ANY) &&
	       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0) == 0;
}

static bool become_chosen(const char *path, const struct bd_program *program)
{
	if (program->write_fd >= 0)
		return false;
	if (geteuid() != 0)
		return geteuid() == program->uid && leave_namespaces(program) && have_capabilities(0);
	if (!may_work(program, program->uid, program->gid) || !may_execute(path, program->uid, program->gid))
		return become_reader(program);
	if (!leave_namespaces(program))
		return false;
	bound_capabilities(0);
	return bd_sandbox_become(program->uid, program->gid) && have_capabilities(0);
}

static bool leave(const char *path, const struct bd_program *program)
{
	if (program->uid)
		return become_chosen(path, program);
	return leave_namespaces(program) && change_identity(path, program);
}

/* --- paths and limits --------------------------------------------------------------------------------------------- */

#define READ (BD_LANDLOCK_READ_FILE | BD_LANDLOCK_DEVICE_IOCTL)
#define READ_ALL (BD_LANDLOCK_READ_FILE | BD_LANDLOCK_READ_FOLDER)
#define WRITE (BD_LANDLOCK_WRITE_FILE | BD_LANDLOCK_TRUNCATE)

/* /etc as a whole has secrets. */
static const struct {
	const char *path;
	uint64_t rights;
} readable[] = {
	{ "/usr", READ_ALL | BD_LANDLOCK_EXECUTE },
	{ "/bin", READ_ALL | BD_LANDLOCK_EXECUTE },
	{ "/sbin", READ_ALL | BD_LANDLOCK_EXECUTE },
	{ "/lib", READ_ALL | BD_LANDLOCK_EXECUTE },
	{ "/lib32", READ_ALL | BD_LANDLOCK_EXECUTE },
	{ "/lib64", READ_ALL | BD_LANDLOCK_EXECUTE },
	{ "/nix/store", READ_ALL | BD_LANDLOCK_EXECUTE },
	{ "/gnu/store", READ_ALL | BD_LANDLOCK_EXECUTE },
	{ "/etc/ld.so.cache", READ },
	{ "/etc/ld.so.preload", READ },
	{ "/etc/localtime", READ },
	{ "/etc/e2fsck.conf", READ },
	{ "/etc/mke2fs.conf", READ },
	{ "/etc/blkid.conf", READ },
	{ "/etc/gnutls", READ_ALL },
	{ "/etc/crypto-policies", READ_ALL },
	{ "/proc/self", READ_ALL },
	{ "/proc/swaps", READ },
	{ "/proc/meminfo", READ },
	{ "/sys/devices/system", READ_ALL },
	{ "/dev/null", READ | BD_LANDLOCK_WRITE_FILE },
	{ "/dev/zero", READ },
	{ "/dev/random", READ },
	{ "/dev/urandom", READ },
};

static void allow_path(const struct bd_landlock *rules, const char *path, uint64_t rights)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return;
	bd_landlock_allow(rules, fd, rights);
	close(fd);
}

static bool restrict_paths(const char *path, const struct bd_program *program)
{
	struct bd_landlock rules;

	bd_landlock_init(&rules);
	if (rules.fd < 0)
		return true;
	for (size_t i = 0; i < sizeof(readable) / sizeof(*readable); i++)
		allow_path(&rules, readable[i].path, readable[i].rights);
	allow_path(&rules, path, READ | BD_LANDLOCK_EXECUTE);
	if (program->own_root)
		allow_path(&rules, "/", BD_LANDLOCK_READ_FOLDER);
	if ((program->read_fd >= 0 && !bd_landlock_allow(&rules, program->read_fd, READ)) ||
	    (program->write_fd >= 0 && !bd_landlock_allow(&rules, program->write_fd, READ | WRITE)))
		return false;
	return bd_landlock_enforce(&rules);
}

static bool set_limit(int resource, uint64_t value)
{
	const struct rlimit limit = { (rlim_t)value, (rlim_t)value };
	struct rlimit now;

	/* There may be a stricter one. */
	if (getrlimit((__rlimit_resource_t)resource, &now) == 0 && now.rlim_max <= (rlim_t)value)
		return true;
	return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

/* Without moving the offset, which our process shares. */
static uint64_t size_of(int fd)
{
	struct stat there;
	uint64_t size;

	if (ioctl(fd, BLKGETSIZE64, &size) == 0)
		return size;
	return fstat(fd, &there) == 0 ? (uint64_t)there.st_size : 0;
}

static bool set_limits(const struct bd_program *program)
{
	uint64_t memory = program->memory_bytes ? program->memory_bytes
						: MEMORY_BYTES + size_of(program->read_fd) / FILE_BYTES_PER_BYTE;

	/* A program that writes too far is told so, and goes on. */
	signal(SIGXFSZ, SIG_IGN);
	return set_limit(RLIMIT_CORE, 0) && (!program->cpu_s || set_limit(RLIMIT_CPU, program->cpu_s)) &&
	       set_limit(RLIMIT_FSIZE, program->write_fd >= 0 ? program->file_bytes : LOG_BYTES) &&
	       (!program->own_root || set_limit(RLIMIT_NPROC, 0)) &&
	       (sizeof(rlim_t) < 8 || sizeof(void *) < 8 || set_limit(RLIMIT_AS, memory));
}

static bool keep_descriptor(int fd)
{
	return fd < 0 || fcntl(fd, F_SETFD, 0) == 0;
}

/* Whoever started us may have left some open. */
static bool keep_descriptors(const struct bd_program *program)
{
#ifdef __NR_close_range
	syscall(__NR_close_range, STDERR_FILENO + 1, ~0u, CLOSE_ON_EXEC);
#endif
	return keep_descriptor(program->read_fd) && keep_descriptor(program->write_fd);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static bool confine(const char *path, const void *context)
{
	const struct sock_fprog rows = { sizeof(filter) / sizeof(*filter), (struct sock_filter *)filter };
	const struct bd_program *program = context;

	bd_sandbox_offer_to_oom_killer();
	if (!keep_descriptors(program))
		return false;
	/* A change of user takes the death signal away. */
	return leave(path, program) && (!program->own_root || prctl(PR_SET_PDEATHSIG, SIGKILL) == 0) &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && restrict_paths(path, program) && set_limits(program) &&
	       (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &rows, 0, 0) == 0 || errno == EINVAL);
}

void bd_program_path(int fd, char path_out[BD_PROGRAM_PATH_SIZE])
{
	snprintf(path_out, BD_PROGRAM_PATH_SIZE, "/proc/self/fd/%d", fd);
}

void bd_program_path_at(int fd, uint64_t offset_bytes, char path_out[BD_PROGRAM_PATH_SIZE])
{
	snprintf(path_out, BD_PROGRAM_PATH_SIZE, "/proc/self/fd/%d?offset=%" PRIu64, fd, offset_bytes);
}

int bd_program_fail_reading(const char *name, const char *path, struct bd_error *err)
{
	const char *reason = err->message, *at;
	size_t size = strlen(path);
	struct bd_error cause = *err;

	if (cause.code != EIO)
		return -1;
	for (at = cause.message; (at = strstr(at, path)) != NULL; at += size)
		reason = at + size + strspn(at + size, "': ");
	return reason != err->message ? bd_fail_as(err, &cause, "%s cannot read it: %s", name, reason) : -1;
}

struct bd_run bd_program_run(const char *const *argv, const struct bd_program *program)
{
	static const char *const environment[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

	return (struct bd_run){ .argv = argv,
				.environment = environment,
				.confine = confine,
				.confine_context = program,
				.has_no_cleanup = program->write_fd < 0 };
}
