/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootloader/menu/terminal, on a pty as libxl makes one: what somebody sees there, what is chosen, and
 * how the terminal is left. Nothing here depends on how fast it goes: what is to be seen is waited for before a key
 * is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "base/process/cancel.h"
#include "bootloader/menu/terminal.h"
#include "menu_checks.h"
#include "terminal_checks.h"

#define WAIT_MS 60000 /* for what should come at once; beyond that, the test has failed */

static struct terminal terminal;
static int master = -1, slave = -1, result_fd = -1;
static pid_t child;
static struct termios modes_before;
static char result[8192];
static size_t result_size;

/* --- the menu, in a process of its own ---------------------------------------------------------------------------- */

static void print_result(int fd, int r, const struct bd_menu_choice *choice, const struct bd_error *err)
{
	if (r == 0 && choice->arguments)
		dprintf(fd, "entry %zu, edited: %s", choice->index, choice->arguments);
	else if (r == 0)
		dprintf(fd, "entry %zu", choice->index);
	else
		dprintf(fd, "%s: %s", bd_error_kind_name(err->kind), err->message);
}

static void run_menu(const struct bd_bootmenu *menu, int fd)
{
	const struct bd_menu_request request = { menu, "xen-bigdisk-boot", STDIN_FILENO, STDOUT_FILENO };
	struct bd_menu_choice choice = { .arguments = NULL };
	struct bd_error err = BD_ERROR_INIT;
	sigset_t after;

	close(master);
	if (login_tty(slave) != 0 || bd_cancel_init(&err) != 0)
		_exit(1);
	int r = bd_menu_ask(&request, &choice, &err);
	sigprocmask(SIG_SETMASK, NULL, &after);
	if (sigismember(&after, SIGWINCH))
		dprintf(fd, "a signal is blocked, ");
	print_result(fd, r, &choice, &err);
	bd_menu_choice_dispose(&choice);
	_exit(0);
}

/* rows, columns: what the pty says, which of libxl's is 0 and 0. */
static void make_pty(unsigned short rows, unsigned short columns)
{
	const struct winsize size = { .ws_row = rows, .ws_col = columns };

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	fcntl(master, F_SETFD, FD_CLOEXEC);
	assert_int_equal(tcgetattr(slave, &modes_before), 0);
	terminal_begin(&terminal, rows ? rows : 24, columns ? columns : 80);
}

static void start(const struct bd_bootmenu *menu)
{
	int pipe_fds[2];

	result_size = 0;
	assert_int_equal(pipe(pipe_fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		run_menu(menu, pipe_fds[1]);
	close(pipe_fds[1]);
	result_fd = pipe_fds[0];
}

static int stop(void **state)
{
	(void)state;
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
	close(master);
	close(slave);
	close(result_fd);
	master = slave = result_fd = -1;
	terminal_end(&terminal);
	return 0;
}

/* --- what somebody in front of it does ---------------------------------------------------------------------------- */

static void send(const char *bytes)
{
	size_t left = strlen(bytes);

	while (left) {
		ssize_t r = write(master, bytes, left);
		assert_true(r > 0);
		bytes += r;
		left -= (size_t)r;
	}
}

/* What comes next; false: the process has ended, and all has come. */
static bool pump(void)
{
	struct pollfd polled[] = { { .fd = master, .events = POLLIN }, { .fd = result_fd, .events = POLLIN } };
	char bytes[4096];

	if (poll(polled, 2, WAIT_MS) <= 0)
		fail_msg("nothing more comes; the screen is\n%s", terminal_text(&terminal));
	if (polled[0].revents & POLLIN) {
		ssize_t r = read(master, bytes, sizeof(bytes));
		assert_true(r > 0);
		terminal_take(&terminal, bytes, (size_t)r);
		if (*terminal.answer)
			send(terminal.answer);
		*terminal.answer = '\0';
		return true;
	}
	ssize_t r = read(result_fd, result + result_size, sizeof(result) - 1 - result_size);
	assert_true(r >= 0);
	result_size += (size_t)r;
	result[result_size] = '\0';
	return r > 0;
}

static void wait_for(const char *text)
{
	while (!strstr(terminal_text(&terminal), text))
		if (!pump())
			fail_msg("the menu has ended before \"%s\"; %s", text, result);
}

static void wait_until_gone(const char *text)
{
	while (strstr(terminal_text(&terminal), text))
		if (!pump())
			fail_msg("the menu has ended with \"%s\"; %s", text, result);
}

static void modes_are_as_before(void)
{
	static struct termios modes; /* with zeros between its members, as modes_before */

	assert_int_equal(tcgetattr(slave, &modes), 0);
	assert_memory_equal(&modes, &modes_before, sizeof(modes));
}

/* The terminal is as it was, and empty. */
static void ends_with(const char *text)
{
	while (pump())
		;
	assert_int_equal(waitpid(child, NULL, 0), child);
	child = 0;
	assert_string_equal(result, text);
	modes_are_as_before();
	assert_true(terminal.wraps && terminal.shows_cursor && !terminal.marks_pastes && !terminal.is_reverse);
	assert_int_equal(strspn(terminal_text(&terminal), "\n"), terminal.rows);
}

/* What the core draws for this size and these keys, without what begins a row in picture_of. */
static const char *picture_after(size_t rows, size_t columns, const char *keys)
{
	static char text[sizeof(terminal.cells)];
	struct bd_menu menu;
	struct bd_screen screen = { .texts = NULL };
	struct bd_key_reader reader = { .state = BD_KEYS_GROUND };
	struct bd_key key;
	char *to = text;

	assert_int_equal(bd_menu_init(&menu, &debian, "xen-bigdisk-boot", &menu_err), 0);
	bd_menu_resize(&menu, rows, columns);
	for (; *keys; keys++)
		if (bd_key_reader_take(&reader, (unsigned char)*keys, &key))
			assert_int_equal(bd_menu_take(&menu, &key, &menu_err), 0);
	assert_int_equal(bd_screen_draw(&screen, &menu, terminal.locale, &menu_err), 0);
	for (size_t i = 0; i < rows; i++) {
		to += sprintf(to, "%s", screen.rows[i].text);
		while (to > text && to[-1] == ' ')
			to--;
		*to++ = '\n';
	}
	*to = '\0';
	bd_screen_dispose(&screen);
	bd_menu_dispose(&menu);
	return text;
}

static void wait_for_picture(size_t rows, size_t columns, const char *keys)
{
	const char *picture = picture_after(rows, columns, keys);

	while (strcmp(terminal_text(&terminal), picture) != 0)
		if (!pump())
			fail_msg("the menu has ended before\n%s", picture);
}

/* It is shown there. */
static void wait_for_cursor(size_t row, size_t column)
{
	while (!terminal.shows_cursor || terminal.row != row || terminal.column != column)
		if (!pump())
			fail_msg("the menu has ended before the cursor was at %zu, %zu", row, column);
}

/* --- facts -------------------------------------------------------------------------------------------------------- */

static void what_is_drawn_is_seen(void **state)
{
	(void)state;
	make_pty(24, 80);
	start(&debian);
	wait_for_picture(24, 80, "");
	assert_true(terminal.reverse[2] && !terminal.reverse[4]);
	assert_false(terminal.shows_cursor || terminal.wraps);
	send("\033[B");
	wait_for_picture(24, 80, "\033[B");
	assert_true(terminal.reverse[4] && !terminal.reverse[2]);
	send("e");
	wait_for_picture(24, 80, "\033[Be");
	wait_for_cursor(2, 25);
	send(" single");
	wait_for("> root=UUID=a6c1 ro quiet single\n");
	send("\r");
	wait_for("(edited)");
	send("\r");
	ends_with("entry 1, edited: root=UUID=a6c1 ro quiet single");
}

/* As on the pty of libxl: it has no size, and whoever sits there has another one than 24 by 80. */
static void a_terminal_is_asked_for_its_size(void **state)
{
	static const struct {
		size_t rows, columns;
	} sizes[] = { { 50, 132 }, { 24, 80 }, { 10, 30 }, { 3, 8 }, { 1, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		make_pty(0, 0);
		start(&debian);
		wait_for_picture(24, 80, "");
		while (!terminal.is_asked)
			assert_true(pump());
		terminal.rows = sizes[i].rows;
		terminal.columns = sizes[i].columns;
		terminal_tell_size(&terminal);
		terminal.tells_size = true;
		send(terminal.answer);
		*terminal.answer = '\0';
		wait_for_picture(sizes[i].rows, sizes[i].columns, "");
		/* It is asked again with the next key. */
		terminal.rows += 8; /* the whole list is seen then, wherever it was scrolled to */
		terminal.columns += 20;
		send("j");
		wait_for_picture(terminal.rows, terminal.columns, "j");
		send("\r");
		ends_with("entry 1");
		stop(NULL);
	}
	make_pty(0, 0);
}

/* Where it is slow to do so, its answer is not typed into what comes after the menu. */
static void a_late_answer_is_awaited(void **state)
{
	(void)state;
	make_pty(0, 0);
	terminal.tells_size = true;
	terminal.columns = 100;
	start(&debian);
	wait_for_picture(24, 100, "");
	terminal.tells_size = false;
	send("x");
	while (!terminal.is_asked)
		assert_true(pump());
	send("\r");
	while (!terminal.wraps)
		assert_true(pump());
	terminal_tell_size(&terminal);
	send(terminal.answer);
	*terminal.answer = '\0';
	ends_with("entry 0");
}

static void a_terminal_need_not_answer(void **state)
{
	(void)state;
	make_pty(0, 0);
	start(&debian);
	wait_for_picture(24, 80, "");
	send("jj");
	wait_for_picture(24, 80, "jj");
	send("\r");
	ends_with("entry 2");
}

static void a_terminal_may_grow_and_shrink(void **state)
{
	static const struct winsize sizes[] = { { .ws_row = 40, .ws_col = 120 },
						{ .ws_row = 5, .ws_col = 20 },
						{ .ws_row = 1, .ws_col = 1 },
						{ .ws_row = 24, .ws_col = 80 } };

	(void)state;
	make_pty(24, 80);
	start(&debian);
	wait_for_picture(24, 80, "");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		terminal.rows = sizes[i].ws_row;
		terminal.columns = sizes[i].ws_col;
		assert_int_equal(ioctl(master, TIOCSWINSZ, &sizes[i]), 0);
		wait_for_picture(sizes[i].ws_row, sizes[i].ws_col, "");
	}
	send("q");
	ends_with("canceled: no entry was chosen");
}

static void a_tiny_terminal_is_enough(void **state)
{
	(void)state;
	make_pty(1, 4);
	start(&debian);
	wait_for_picture(1, 4, "");
	send("e");
	wait_for("<");
	send("\x15ro\x18");
	ends_with("entry 0, edited: ro");
}

static void keys_and_signals_leave_it(void **state)
{
	static const struct {
		const char *keys;
		int signal;
		const char *result;
	} ends[] = {
		{ "q", 0, "canceled: no entry was chosen" },	 { "\033", 0, "canceled: no entry was chosen" },
		{ "\003", 0, "canceled: no entry was chosen" },	 { NULL, SIGTERM, "canceled: stopped by Terminated" },
		{ NULL, SIGINT, "canceled: stopped by Ctrl-C" }, { NULL, SIGHUP, "canceled: stopped by Hangup" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		make_pty(24, 80);
		start(&debian);
		wait_for("q: leave");
		if (ends[i].keys)
			send(ends[i].keys);
		else
			kill(child, ends[i].signal);
		ends_with(ends[i].result);
		stop(NULL);
	}
	make_pty(24, 80);
}

static void a_terminal_that_goes_away_ends_it(void **state)
{
	(void)state;
	make_pty(24, 80);
	start(&debian);
	wait_for("q: leave");
	close(slave);
	close(master);
	master = slave = -1;
	struct pollfd polled = { .fd = result_fd, .events = POLLIN };
	assert_int_equal(poll(&polled, 1, WAIT_MS), 1);
	assert_true(read(result_fd, result, sizeof(result)) > 0);
	/* The hangup is a signal, and an error of read(2); either may be seen first. */
	assert_true(strncmp(result, "canceled: stopped by Hangup", 27) == 0 ||
		    strncmp(result, "failed: cannot read from the terminal", 37) == 0);
}

static void an_obstacle_is_shown_and_not_booted(void **state)
{
	(void)state;
	make_pty(24, 80);
	start(&debian);
	wait_for("q: leave");
	send("G\r");
	wait_for("This entry cannot be booted here.");
	send("g\r");
	ends_with("entry 0");
}

/* Nothing but what was pasted gets into the line, however long it is; it boots nothing. */
static void a_paste_is_text(void **state)
{
	static char pasted[6000], expected[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(pasted) - 1; i++)
		pasted[i] = "a b\r\xc3\xa4\n"[i % 7];
	make_pty(24, 80);
	start(&debian);
	wait_for("q: leave");
	assert_true(terminal.marks_pastes);
	send("\033[200~q\r\033[201~e\x15");
	wait_for("\n>\n");
	send("\033[200~");
	send(pasted);
	send("\033[201~");
	wait_for("There is no room for more.");
	send("\x01X\x05Y\x01\x04\r");
	wait_for("(edited)");
	send("\r");
	/* "\r" is one space, and "\n" behind another character another one; the first character was deleted. */
	char *to = expected + sprintf(expected, "entry 0, edited: ");
	for (size_t i = 1; i < BD_LINE_MAX; i++)
		*to++ = "a b \xc3\xa4 "[i % 7];
	*to = '\0';
	ends_with(expected);
}

static void a_timeout_of_0_shows_nothing(void **state)
{
	static const struct bd_bootmenu at_once = { debian_entries, 4, 2, 0, NULL };
	static const struct bd_bootmenu obstacle = { debian_entries, 4, 3, 0, NULL };
	static struct bd_bootmenu_entry opening = { .title = "other", .arguments = "", .opens = (char *)"" };
	static const struct bd_bootmenu other = { &opening, 1, 0, 0, NULL };

	(void)state;
	/* Nor does it open another menu, whatever the entry says. */
	make_pty(24, 80);
	start(&other);
	ends_with("failed: \"other\" cannot be booted: it shows another menu");
	stop(NULL);
	make_pty(24, 80);
	start(&at_once);
	ends_with("entry 2");
	assert_int_equal(terminal.taken_count, 0);
	stop(NULL);
	make_pty(24, 80);
	start(&obstacle);
	ends_with("failed: \"Memory test (memtest86+)\" cannot be booted: it loads no kernel (linux16 of a ROM)");
	assert_int_equal(terminal.taken_count, 0);
}

static void a_key_pressed_before_opens_the_menu(void **state)
{
	static const char *const keys[] = { " ", "\033", "\033[17~", "\xc3\xa4" };
	static const struct bd_bootmenu at_once = { debian_entries, 4, 2, 0, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		make_pty(24, 80);
		send(keys[i]);
		start(&at_once);
		wait_for("q: leave");
		assert_null(strstr(terminal_text(&terminal), "Boots in"));
		send("g\r");
		/* What the line discipline has echoed before is not ours. */
		ends_with("entry 0");
		stop(NULL);
	}
	make_pty(24, 80);
}

static void the_countdown_boots_the_default(void **state)
{
	static const struct bd_bootmenu counting = { debian_entries, 4, 1, 1, NULL };

	(void)state;
	make_pty(24, 80);
	start(&counting);
	wait_for("Boots in 1 second; any key stops this.");
	ends_with("entry 1");
}

static void a_key_stops_the_countdown(void **state)
{
	static const char *const keys[] = { "\033", "x", "\033[20~" };
	static const struct bd_bootmenu counting = { debian_entries, 4, 1, 1000000, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		make_pty(24, 80);
		start(&counting);
		wait_for("any key stops this.");
		send(keys[i]);
		wait_until_gone("Boots in");
		send("\r");
		ends_with("entry 1");
		stop(NULL);
	}
	make_pty(24, 80);
}

/* As where the network to it hangs: the guest boots nevertheless. */
static void a_terminal_that_is_not_read_stops_nothing(void **state)
{
	static char title[BD_BOOTMENU_TEXT_MAX];
	static struct bd_bootmenu_entry entries[250];
	static const struct bd_bootmenu large = { entries, 250, 0, 1, NULL };
	const struct winsize size = { .ws_row = 256, .ws_col = 512 };

	(void)state;
	memset(title, 'x', sizeof(title) - 1);
	for (size_t i = 0; i < 250; i++)
		entries[i] = (struct bd_bootmenu_entry){ .title = title, .arguments = title };
	make_pty(24, 80);
	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
	start(&large);
	struct pollfd polled = { .fd = result_fd, .events = POLLIN };
	assert_int_equal(poll(&polled, 1, WAIT_MS), 1);
	ssize_t r = read(result_fd, result, sizeof(result) - 1);
	assert_int_equal(r, strlen("entry 0"));
	assert_memory_equal(result, "entry 0", 7);
	modes_are_as_before();
}

static void a_hostile_title_does_nothing(void **state)
{
	static struct bd_bootmenu_entry entry = { .title = "\033[2J\033c\x9b"
							   "5n\xc2\x9b"
							   "5n\016\007",
						  .arguments = "\033[6n" };
	static const struct bd_bootmenu hostile = { &entry, 1, 0, -1, NULL };

	(void)state;
	make_pty(24, 80);
	start(&hostile);
	wait_for("* \\x1b[2J\\x1bc\\x9b5n\\xc2\\x9b5n\\x0e\\x07\n");
	wait_for("Arguments: \\x1b[6n\n");
	send("e");
	wait_for("> \\x1b[6n\n");
	send("\x18");
	ends_with("entry 0");
}

static void only_a_terminal_is_asked(void **state)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	const struct bd_menu_request request = { &debian, "", null_fd, null_fd };
	struct bd_menu_choice choice = { .index = 77 };

	(void)state;
	make_pty(24, 80);
	assert_true(bd_menu_can_ask(slave, slave));
	assert_false(bd_menu_can_ask(slave, null_fd));
	assert_false(bd_menu_can_ask(null_fd, slave));
	assert_int_equal(bd_menu_ask(&request, &choice, &menu_err), -1);
	assert_string_equal(menu_err.message, "cannot get the modes of the terminal: Inappropriate ioctl for device");
	assert_int_equal(choice.index, 77);
	close(null_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_is_drawn_is_seen, stop),
		cmocka_unit_test_teardown(a_terminal_is_asked_for_its_size, stop),
		cmocka_unit_test_teardown(a_late_answer_is_awaited, stop),
		cmocka_unit_test_teardown(a_terminal_need_not_answer, stop),
		cmocka_unit_test_teardown(a_terminal_may_grow_and_shrink, stop),
		cmocka_unit_test_teardown(a_tiny_terminal_is_enough, stop),
		cmocka_unit_test_teardown(keys_and_signals_leave_it, stop),
		cmocka_unit_test_teardown(a_terminal_that_goes_away_ends_it, stop),
		cmocka_unit_test_teardown(an_obstacle_is_shown_and_not_booted, stop),
		cmocka_unit_test_teardown(a_paste_is_text, stop),
		cmocka_unit_test_teardown(a_timeout_of_0_shows_nothing, stop),
		cmocka_unit_test_teardown(a_key_pressed_before_opens_the_menu, stop),
		cmocka_unit_test_teardown(the_countdown_boots_the_default, stop),
		cmocka_unit_test_teardown(a_key_stops_the_countdown, stop),
		cmocka_unit_test_teardown(a_terminal_that_is_not_read_stops_nothing, stop),
		cmocka_unit_test_teardown(a_hostile_title_does_nothing, stop),
		cmocka_unit_test_teardown(only_a_terminal_is_asked, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
