/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the caller's terminal while a boot loader shows its menu there: when it is raw, what is copied, and that it is as
 * before in the end, however that comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "libxl/monitor/screen.h"

static struct bd_error err;
static int user_fd, terminal_fd; /* who sits at the terminal, and the terminal */
static int monitor_fd; /* the boot loader's side of the socket */
static struct bd_screen screen;

static int open_all(void **state)
{
	const struct bd_screen closed = BD_SCREEN_INIT;

	(void)state;
	screen = closed;
	if (openpty(&user_fd, &terminal_fd, NULL, NULL, NULL) || bd_screen_open(&screen, &monitor_fd, &err))
		return -1;
	screen.terminal_in = screen.terminal_out = terminal_fd;
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	bd_screen_close(&screen);
	if (monitor_fd >= 0)
		close(monitor_fd);
	close(user_fd);
	close(terminal_fd);
	return 0;
}

static bool is_raw(void)
{
	struct termios mode;

	assert_int_equal(tcgetattr(terminal_fd, &mode), 0);
	return !(mode.c_lflag & (ICANON | ECHO | ISIG));
}

/* Lets the screen work on what there is; what is not there yet is waited for, for as long as a slow machine needs. */
static void work(void)
{
	struct pollfd fds[BD_SCREEN_FDS];

	bd_screen_poll(&screen, fds);
	assert_true(poll(fds, BD_SCREEN_FDS, 60000) > 0);
	bd_screen_work(&screen, fds);
}

static void check_reads(int fd, const char *wanted)
{
	char text[64] = "";

	assert_int_equal(read(fd, text, sizeof(text) - 1), strlen(wanted));
	assert_string_equal(text, wanted);
}

static void show(const char *text)
{
	assert_int_equal(send(monitor_fd, text, strlen(text), 0), strlen(text));
	work();
}

static void type(const char *keys)
{
	assert_int_equal(write(user_fd, keys, strlen(keys)), strlen(keys));
	work();
}

static void a_terminal_is_raw_from_the_first_output_on(void **state)
{
	struct pollfd fds[BD_SCREEN_FDS];

	(void)state;
	assert_false(is_raw());
	bd_screen_poll(&screen, fds);
	assert_int_equal(fds[BD_SCREEN_KEYS].fd, -1);
	show("menu");
	assert_true(is_raw());
	check_reads(user_fd, "menu");
	/* Ctrl-C is for the boot loader, too. */
	type("j\003");
	check_reads(monitor_fd, "j\003");
}

static void lines_end_as_on_a_terminal(void **state)
{
	(void)state;
	show("one\ntwo\n");
	check_reads(user_fd, "one\r\ntwo\r\n");
}

static void ctrl_bracket_leaves_the_menu(void **state)
{
	char byte;

	(void)state;
	show("menu");
	check_reads(user_fd, "menu");
	type("k\035x");
	assert_false(is_raw());
	assert_int_equal(screen.fd, -1);
	/* The keys before it are still the menu's; then there is nobody. */
	check_reads(monitor_fd, "k");
	assert_int_equal(read(monitor_fd, &byte, 1), 0);
	/* What is said next begins in a line of its own. */
	check_reads(user_fd, "\r\n");
}

static void its_end_gives_the_terminal_back(void **state)
{
	(void)state;
	show("menu\n");
	assert_true(is_raw());
	check_reads(user_fd, "menu\r\n");
	assert_int_equal(send(monitor_fd, "last", 4, 0), 4);
	shutdown(monitor_fd, SHUT_RDWR);
	bd_screen_drain(&screen);
	assert_int_equal(screen.fd, -1);
	assert_false(is_raw());
	check_reads(user_fd, "last\r\n");
}

static void without_output_nothing_is_changed(void **state)
{
	(void)state;
	bd_screen_drain(&screen);
	bd_screen_close(&screen);
	bd_screen_close(&screen);
	assert_false(is_raw());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_terminal_is_raw_from_the_first_output_on, open_all, close_all),
		cmocka_unit_test_setup_teardown(lines_end_as_on_a_terminal, open_all, close_all),
		cmocka_unit_test_setup_teardown(ctrl_bracket_leaves_the_menu, open_all, close_all),
		cmocka_unit_test_setup_teardown(its_end_gives_the_terminal_back, open_all, close_all),
		cmocka_unit_test_setup_teardown(without_output_nothing_is_changed, open_all, close_all),
	};
	return cmocka_run_group_tests_name("the terminal of a boot loader's menu", tests, NULL, NULL);
}
