/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a boot loader. */
#include "libxl/bootloader/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* One that is asked to end and does not is killed after this. */
#define GRACE_S 5
/* Kernels before Linux 5.3 have no descriptor for a process: it is looked at this often. */
#define LOOK_MS 100

/* What was read on one side and is not yet written on the other. */
struct chunk {
	char bytes[4096];
	size_t size;
};

struct work {
	const struct bd_bootloader_run *run;
	pid_t pid;
	int master, pid_fd, screen_fd;
	struct chunk keys, output; /* for the boot loader; for the screen */
	size_t logged_bytes;
	bool stopped, timed_out;
	double end_s; /* of bd_clock_s: when it is killed; 0: never */
};

static int open_terminal(const struct bd_bootloader_run *run, int *master_out, int *slave_out, struct bd_error *err)
{
	char path[64];
	struct termios mode;
	const struct winsize size = { .ws_row = run->rows, .ws_col = run->columns };
	BD_CLOSE int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, path, sizeof(path)) != 0)
		return bd_fail_errno(err, "cannot make a pseudo-terminal for the boot loader");
	BD_CLOSE int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &mode) != 0)
		return bd_fail_errno(err, "cannot open the boot loader's pseudo-terminal");
	cfmakeraw(&mode);
	if (tcsetattr(slave, TCSANOW, &mode) != 0 || ioctl(slave, TIOCSWINSZ, &size) != 0)
		return bd_fail_errno(err, "cannot set up the boot loader's pseudo-terminal");
	*master_out = bd_take_fd(&master);
	*slave_out = bd_take_fd(&slave);
	return 0;
}

/* What this process ignores or has open is none of its business. */
_Noreturn static void become(const struct bd_bootloader_run *run, int slave)
{
	sigset_t none;

	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	for (int fd = 0; fd <= 2; fd++)
		dup2(slave, fd);
	close_range(3, ~0u, 0);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setenv("TERM", "vt100", 1);
	execvp(run->argv[0], run->argv);
	dprintf(STDERR_FILENO, "cannot execute %s: %s\n", run->argv[0], strerror(errno));
	_exit(127);
}

static int start(struct work *work, struct bd_error *err)
{
	BD_CLOSE int slave = -1;

	if (open_terminal(work->run, &work->master, &slave, err) != 0)
		return -1;
	work->pid = fork();
	if (work->pid < 0)
		return bd_fail_errno(err, "cannot start the boot loader");
	if (work->pid == 0)
		become(work->run, slave);
	work->pid_fd = (int)syscall(SYS_pidfd_open, work->pid, 0u);
	if (work->run->timeout_s)
		work->end_s = bd_clock_s() + work->run->timeout_s;
	return 0;
}

/* Also before it leads a session of its own. */
static void signal_all(const struct work *work, int number)
{
	if (kill(-work->pid, number) != 0)
		kill(work->pid, number);
}

static void log_output(struct work *work, const char *bytes, size_t size)
{
	size_t left = BD_BOOTLOADER_LOG_LIMIT - work->logged_bytes;
	ssize_t wrote =
		work->run->log_fd >= 0 && left ? write(work->run->log_fd, bytes, size < left ? size : left) : 0;

	/* A full disk is no reason not to boot. */
	work->logged_bytes += wrote > 0 ? (size_t)wrote : 0;
}

static void close_screen(struct work *work)
{
	work->screen_fd = -1;
	work->keys.size = work->output.size = 0;
}

/* false: it writes no more. */
static bool read_output(struct work *work)
{
	char bytes[sizeof(work->output.bytes)];
	ssize_t got = read(work->master, bytes, sizeof(bytes));

	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	log_output(work, bytes, (size_t)got);
	if (work->screen_fd >= 0) {
		memcpy(work->output.bytes, bytes, (size_t)got);
		work->output.size = (size_t)got;
	}
	return true;
}

static void drop(struct chunk *chunk, size_t size)
{
	memmove(chunk->bytes, chunk->bytes + size, chunk->size - size);
	chunk->size -= size;
}

static void write_screen(struct work *work)
{
	ssize_t sent = send(work->screen_fd, work->output.bytes, work->output.size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent > 0)
		drop(&work->output, (size_t)sent);
	else if (errno != EAGAIN && errno != EINTR)
		close_screen(work);
}

static void read_keys(struct work *work)
{
	ssize_t got = recv(work->screen_fd, work->keys.bytes, sizeof(work->keys.bytes), MSG_DONTWAIT);

	if (got > 0)
		work->keys.size = (size_t)got;
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		close_screen(work);
}

static void write_keys(struct work *work)
{
	ssize_t wrote = write(work->master, work->keys.bytes, work->keys.size);

	if (wrote > 0)
		drop(&work->keys, (size_t)wrote);
}

/* The wish to stop comes once. */
static void stop(struct work *work)
{
	work->stopped = true;
	work->end_s = bd_clock_s() + GRACE_S;
	signal_all(work, SIGTERM);
}

static void kill_late(struct work *work)
{
	if (work->end_s <= 0 || bd_clock_s() < work->end_s)
		return;
	work->timed_out = !work->stopped;
	work->end_s = 0;
	signal_all(work, SIGKILL);
}

static int wait_ms(const struct work *work)
{
	int limit_ms = work->end_s > 0 ? bd_clock_ms_until(work->end_s) : -1;

	return work->pid_fd < 0 && (limit_ms < 0 || limit_ms > LOOK_MS) ? LOOK_MS : limit_ms;
}

enum { MASTER, SCREEN, STOP, END, FDS };

static int wait_for_any(struct work *work, struct bd_error *err)
{
	/* A screen that takes no more stops the boot loader, and is waited for. */
	short output = work->output.size ? 0 : POLLIN, keys = work->keys.size ? POLLOUT : 0;
	struct pollfd fds[FDS] = {
		[MASTER] = { .fd = output || keys ? work->master : -1, .events = (short)(output | keys) },
		[SCREEN] = { .fd = work->screen_fd,
			     .events = (short)((work->output.size ? POLLOUT : 0) | (keys ? 0 : POLLIN)) },
		[STOP] = { .fd = work->stopped ? -1 : work->run->stop_fd, .events = POLLIN },
		[END] = { .fd = work->pid_fd, .events = POLLIN },
	};

	if (poll(fds, FDS, wait_ms(work)) < 0)
		return errno == EINTR ? 0 : bd_fail_errno(err, "cannot wait for the boot loader");
	if (fds[STOP].revents)
		stop(work);
	if (fds[SCREEN].revents & POLLOUT)
		write_screen(work);
	else if (fds[SCREEN].revents)
		read_keys(work);
	if (fds[MASTER].revents & POLLOUT)
		write_keys(work);
	if (fds[MASTER].revents & POLLHUP)
		work->keys.size = 0;
	if (fds[MASTER].revents & ~POLLOUT && !work->output.size && !read_output(work))
		close(bd_take_fd(&work->master));
	kill_late(work);
	return 0;
}

/* Its end is seen before it is waited for: until then nobody else can have its number, and what it has left is of its group. */
static bool has_ended(const struct work *work)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)work->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == work->pid;
}

static int reap(const struct work *work, int *status_out, struct bd_error *err)
{
	pid_t r;

	signal_all(work, SIGKILL);
	while ((r = waitpid(work->pid, status_out, 0)) < 0 && errno == EINTR)
		;
	return r == work->pid ? 0 : bd_fail_errno(err, "cannot wait for the boot loader");
}

static int judge(const struct work *work, int status, struct bd_error *err)
{
	if (work->stopped)
		return bd_canceled(err, "stopped");
	if (work->timed_out)
		return bd_fail(err, ETIMEDOUT, "the boot loader did not end within %u s, and was killed",
			       work->run->timeout_s);
	if (WIFSIGNALED(status))
		return bd_fail(err, EIO, "the boot loader was ended by signal %d, %s", WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		return bd_fail(err, EIO, "the boot loader failed with status %d", WEXITSTATUS(status));
	return 0;
}

/* What it has written last. */
static void read_rest(struct work *work)
{
	struct pollfd more = { .fd = work->master, .events = POLLIN };

	do {
		if (work->screen_fd >= 0 && work->output.size)
			write_screen(work);
	} while (work->logged_bytes < BD_BOOTLOADER_LOG_LIMIT && poll(&more, 1, 0) > 0 && (more.revents & POLLIN) &&
		 read_output(work));
}

static int look_after(struct work *work, struct bd_error *err)
{
	int r = 0, status = 0;
	struct bd_error ignored;

	while (r == 0 && !has_ended(work))
		r = wait_for_any(work, err);
	if (reap(work, &status, r ? &ignored : err) != 0)
		return -1;
	read_rest(work);
	return r ? r : judge(work, status, err);
}

int bd_bootloader_run(const struct bd_bootloader_run *run, struct bd_error *err)
{
	struct work *work = calloc(1, sizeof(*work));

	if (!work)
		return bd_no_memory(err);
	*work = (struct work){ .run = run, .master = -1, .pid_fd = -1, .screen_fd = run->screen_fd };
	int r = start(work, err) != 0 ? -1 : look_after(work, err);
	if (work->master >= 0)
		close(work->master);
	if (work->pid_fd >= 0)
		close(work->pid_fd);
	free(work);
	return r;
}
