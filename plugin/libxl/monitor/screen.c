/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies between a boot loader and the caller's terminal. */
#include "libxl/monitor/screen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

int bd_screen_open(struct bd_screen *screen, int *monitor_fd_out, struct bd_error *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return bd_fail_errno(err, "cannot make a socket");
	screen->fd = pair[0];
	*monitor_fd_out = pair[1];
	return 0;
}

void bd_screen_poll(const struct bd_screen *screen, struct pollfd fds_out[BD_SCREEN_FDS])
{
	fds_out[BD_SCREEN_SOCKET] = (struct pollfd){ .fd = screen->fd, .events = POLLIN };
	/* What is typed before there is a menu is not for it. */
	fds_out[BD_SCREEN_KEYS] = (struct pollfd){ .fd = screen->raw ? screen->terminal_in : -1, .events = POLLIN };
}

static void make_raw(struct bd_screen *screen)
{
	struct termios raw;

	if (screen->raw || tcgetattr(screen->terminal_in, &screen->before) != 0)
		return;
	raw = screen->before;
	cfmakeraw(&raw);
	/* A boot loader's terminal is raw, too: its lines end as it writes them. */
	raw.c_oflag |= OPOST | ONLCR;
	screen->raw = tcsetattr(screen->terminal_in, TCSADRAIN, &raw) == 0;
}

static void show(struct bd_screen *screen, const char *bytes, size_t size)
{
	make_raw(screen);
	screen->last = bytes[size - 1];
	while (size) {
		ssize_t wrote = write(screen->terminal_out, bytes, size);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return;
		bytes += wrote;
		size -= (size_t)wrote;
	}
}

static void read_output(struct bd_screen *screen)
{
	char bytes[4096];
	ssize_t got = recv(screen->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got > 0)
		show(screen, bytes, (size_t)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		bd_screen_close(screen);
}

/* A few keys always fit into the socket. */
static void read_keys(struct bd_screen *screen)
{
	char bytes[256];
	ssize_t got = read(screen->terminal_in, bytes, sizeof(bytes));
	const char *escape = got > 0 ? memchr(bytes, BD_SCREEN_ESCAPE, (size_t)got) : NULL;
	size_t size = escape ? (size_t)(escape - bytes) : got > 0 ? (size_t)got : 0;

	if (size)
		(void)send(screen->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (escape || got == 0)
		bd_screen_close(screen);
}

void bd_screen_work(struct bd_screen *screen, const struct pollfd fds[BD_SCREEN_FDS])
{
	if (fds[BD_SCREEN_KEYS].revents)
		read_keys(screen);
	if (screen->fd >= 0 && fds[BD_SCREEN_SOCKET].revents)
		read_output(screen);
}

void bd_screen_drain(struct bd_screen *screen)
{
	struct pollfd more = { .events = POLLIN };

	while ((more.fd = screen->fd) >= 0 && poll(&more, 1, 0) > 0)
		read_output(screen);
}

void bd_screen_close(struct bd_screen *screen)
{
	if (screen->fd >= 0)
		close(bd_take_fd(&screen->fd));
	if (!screen->raw)
		return;
	tcsetattr(screen->terminal_in, TCSADRAIN, &screen->before);
	screen->raw = false;
	if (screen->last != '\n')
		(void)!write(screen->terminal_out, "\n", 1);
}
