/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal's modes, waiting for keys, signals and seconds, and sending what is to be seen. */
#include "bootloader/menu/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "bootloader/menu/glyph.h"
#include "bootloader/menu/keys.h"
#include "bootloader/menu/output.h"
#include "bootloader/menu/screen.h"
#include "bootloader/menu/state.h"

#define ESCAPE_S 0.5 /* so much later, a lone ESC is the key; a slow line may split what other keys send */
#define END_S 1.0 /* a terminal has that much time to take the last of the output */
#define ANSWER_S 3.0 /* and that much to answer, if it answers at all */
#define WAIT_MS_MAX 60000

struct asking {
	const struct bd_menu_request *request;
	struct bd_menu menu;
	struct bd_key_reader keys;
	locale_t locale; /* owned */
	/* The modes of the terminal, and the signals that are blocked, as they were. */
	struct termios modes;
	sigset_t signals;
	bool modes_are_changed, signals_are_changed;
	int resized_fd; /* readable after SIGWINCH; owned */
	int out_fd; /* the same terminal, not blocking where it could be opened anew; owned if it is another one */
	struct bd_screen screens[2]; /* drawn in turn */
	size_t shown; /* which of them the terminal has, or will have once all is sent */
	bool is_shown; /* one is */
	bool is_drawn_anew; /* whatever the terminal has */
	char *unsent; /* owned */
	size_t unsent_bytes, sent_bytes;
	double boots_at_s, gives_up_at_s; /* of bd_clock_s */
	bool size_is_asked; /* and not answered */
	bool has_answered; /* at some time */
	bool has_begun; /* something was sent */
};

/* --- modes and signals -------------------------------------------------------------------------------------------- */

/* Opened anew, as O_NONBLOCK is of the open file, which others have, too. */
static int open_output(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int opened = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return opened >= 0 ? opened : fd;
}

static int begin_signals(struct asking *asking, struct bd_error *err)
{
	sigset_t resized;

	sigemptyset(&resized);
	sigaddset(&resized, SIGWINCH);
	if (sigprocmask(SIG_BLOCK, &resized, &asking->signals) != 0)
		return bd_fail_errno(err, "cannot block a signal");
	asking->signals_are_changed = true;
	asking->resized_fd = signalfd(-1, &resized, SFD_CLOEXEC | SFD_NONBLOCK);
	return asking->resized_fd < 0 ? bd_fail_errno(err, "cannot wait for a signal") : 0;
}

/* Keys come one by one and without an echo; Ctrl-C is one of them. What has been typed already is still there. */
static int begin_modes(struct asking *asking, struct bd_error *err)
{
	struct termios raw;

	if (tcgetattr(asking->request->input_fd, &asking->modes) != 0)
		return bd_fail_errno(err, "cannot get the modes of the terminal");
	raw = asking->modes;
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	asking->modes_are_changed = true;
	if (tcsetattr(asking->request->input_fd, TCSANOW, &raw) != 0)
		return bd_fail_errno(err, "cannot set the modes of the terminal");
	return 0;
}

static bool wait_for_room(int fd, double until_s)
{
	double left_s = until_s - bd_clock_s();

	return left_s > 0 && poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, (int)(left_s * 1000) + 1) != 0;
}

/* Where a sequence was sent in part, its rest goes first. */
static void send_last(const struct asking *asking, const char *text, size_t bytes, double until_s)
{
	while (bytes) {
		ssize_t r = write(asking->out_fd, text, bytes);
		if (r < 0 && errno != EAGAIN && errno != EINTR)
			return;
		if (r < 0 && !wait_for_room(asking->out_fd, until_s))
			return;
		text += r > 0 ? r : 0;
		bytes -= r > 0 ? (size_t)r : 0;
	}
}

/* What comes later would be typed into whatever reads the terminal then: a shell, or the guest. */
static void await_answer(struct asking *asking)
{
	double until_s = bd_clock_s() + ANSWER_S, left_s;
	struct pollfd polled = { .fd = asking->request->input_fd, .events = POLLIN };
	struct bd_key key;
	unsigned char byte;

	while (asking->size_is_asked && (left_s = until_s - bd_clock_s()) > 0) {
		int r = poll(&polled, 1, (int)(left_s * 1000) + 1);
		if (r > 0 && read(polled.fd, &byte, 1) != 1)
			return;
		if (r > 0 && bd_key_reader_take(&asking->keys, byte, &key) && key.kind == BD_KEY_POSITION)
			asking->size_is_asked = false;
	}
}

static void end_output(struct asking *asking)
{
	double until_s = bd_clock_s() + END_S;

	if (!asking->has_begun)
		return;
	send_last(asking, asking->unsent + asking->sent_bytes, asking->unsent_bytes - asking->sent_bytes, until_s);
	send_last(asking, BD_OUTPUT_END, sizeof(BD_OUTPUT_END) - 1, until_s);
	if (asking->has_answered)
		await_answer(asking);
}

static void asking_dispose(struct asking *asking)
{
	end_output(asking);
	if (asking->modes_are_changed)
		tcsetattr(asking->request->input_fd, TCSANOW, &asking->modes);
	bd_cleanup_close(&asking->resized_fd);
	if (asking->signals_are_changed)
		sigprocmask(SIG_SETMASK, &asking->signals, NULL);
	if (asking->out_fd != asking->request->output_fd)
		bd_cleanup_close(&asking->out_fd);
	if (asking->locale)
		freelocale(asking->locale);
	for (size_t i = 0; i < 2; i++)
		bd_screen_dispose(&asking->screens[i]);
	free(asking->unsent);
	bd_menu_dispose(&asking->menu);
}

/* --- what is seen ------------------------------------------------------------------------------------------------- */

/* The next picture is made once the last one has gone: a slow terminal gets fewer of them. */
static bool is_sending(const struct asking *asking)
{
	return asking->sent_bytes < asking->unsent_bytes;
}

static int draw(struct asking *asking, FILE *out, struct bd_error *err)
{
	size_t next = !asking->shown;
	const struct bd_screen *shown =
		asking->is_shown && !asking->is_drawn_anew ? &asking->screens[asking->shown] : NULL;

	if (bd_screen_draw(&asking->screens[next], &asking->menu, asking->locale, err) != 0)
		return -1;
	if (!asking->has_begun)
		fputs(BD_OUTPUT_BEGIN, out);
	bd_output_screen(out, &asking->screens[next], shown);
	asking->shown = next;
	asking->is_shown = true;
	asking->is_drawn_anew = false;
	return 0;
}

static bool get_size(int fd, struct winsize *size_out)
{
	*size_out = (struct winsize){ .ws_row = 0 };
	return ioctl(fd, TIOCGWINSZ, size_out) == 0 && size_out->ws_row && size_out->ws_col;
}

static bool knows_size(const struct asking *asking, struct winsize *size_out)
{
	return get_size(asking->request->output_fd, size_out);
}

/* asks: for the size, too. */
static int compose(struct asking *asking, bool asks, struct bd_error *err)
{
	struct winsize size;

	free(bd_take_ptr(asking->unsent));
	asking->unsent_bytes = asking->sent_bytes = 0;
	FILE *out = open_memstream(&asking->unsent, &asking->unsent_bytes);
	if (!out)
		return bd_no_memory(err);
	int r = draw(asking, out, err);
	if (asks && !asking->size_is_asked && !knows_size(asking, &size)) {
		fputs(BD_OUTPUT_ASK_SIZE, out);
		asking->size_is_asked = true;
	}
	bool is_whole = !ferror(out);
	if ((fclose(out) != 0 || !is_whole) && r == 0)
		r = bd_no_memory(err);
	if (r != 0)
		asking->unsent_bytes = 0;
	return r;
}

static int send_some(struct asking *asking, struct bd_error *err)
{
	ssize_t r =
		write(asking->out_fd, asking->unsent + asking->sent_bytes, asking->unsent_bytes - asking->sent_bytes);

	if (r < 0 && errno != EAGAIN && errno != EINTR)
		return bd_fail_errno(err, "cannot write to the terminal");
	asking->has_begun = true;
	asking->sent_bytes += r > 0 ? (size_t)r : 0;
	return 0;
}

/* --- what comes --------------------------------------------------------------------------------------------------- */

static void measure(struct asking *asking)
{
	struct winsize size;

	if (knows_size(asking, &size))
		bd_menu_resize(&asking->menu, size.ws_row, size.ws_col);
}

static int take_key(struct asking *asking, const struct bd_key *key, struct bd_error *err)
{
	bool was_counting = asking->menu.seconds_left >= 0;

	if (key->kind == BD_KEY_POSITION) {
		/* Shift-F3 of some terminals looks like an answer. */
		if (asking->size_is_asked)
			bd_menu_resize(&asking->menu, key->row, key->column);
		asking->has_answered |= asking->size_is_asked;
		asking->size_is_asked = false;
		return 0;
	}
	if (bd_menu_take(&asking->menu, key, err) != 0)
		return -1;
	/* Who comes to a menu late, by xl console, has seen a part of it only. */
	asking->is_drawn_anew |= was_counting || (key->kind == BD_KEY_CONTROL && *key->text == 'l');
	return 0;
}

static int take_input(struct asking *asking, bool *came_out, struct bd_error *err)
{
	unsigned char bytes[256];
	struct bd_key key;
	ssize_t count = read(asking->request->input_fd, bytes, sizeof(bytes));

	if (count < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (count <= 0) {
		/* A terminal that was hung up may end as a file does. */
		errno = count < 0 ? errno : EIO;
		return bd_fail_errno(err, "cannot read from the terminal");
	}
	for (ssize_t i = 0; i < count; i++) {
		if (!bd_key_reader_take(&asking->keys, bytes[i], &key))
			continue;
		*came_out |= key.kind != BD_KEY_POSITION;
		if (take_key(asking, &key, err) != 0)
			return -1;
	}
	asking->gives_up_at_s = bd_clock_s() + ESCAPE_S;
	return 0;
}

static int take_silence(struct asking *asking, struct bd_error *err)
{
	struct bd_key key;

	return bd_key_reader_give_up(&asking->keys, &key) ? take_key(asking, &key, err) : 0;
}

/* Whole seconds are shown, and the last one ends at 0. What may become a key is waited for. */
static void take_time(struct asking *asking)
{
	double left_s = asking->boots_at_s - bd_clock_s();

	if (asking->menu.seconds_left >= 0 && !bd_key_reader_is_waiting(&asking->keys))
		bd_menu_count_down(&asking->menu, left_s > 0 ? (int)left_s + 1 : 0);
}

/* --- waiting ------------------------------------------------------------------------------------------------------ */

static double earlier(double one_s, double other_s)
{
	return one_s < other_s ? one_s : other_s;
}

/* Until something changes by itself. */
static int wait_ms(const struct asking *asking)
{
	double now_s = bd_clock_s(), wait_s = WAIT_MS_MAX / 1000.0;

	if (bd_key_reader_is_waiting(&asking->keys))
		wait_s = earlier(wait_s, asking->gives_up_at_s - now_s);
	else if (asking->menu.seconds_left > 0)
		wait_s = earlier(wait_s, asking->boots_at_s - (asking->menu.seconds_left - 1) - now_s);
	return wait_s > 0 ? (int)(wait_s * 1000) + 1 : 0;
}

enum { INPUT, SIGNAL, RESIZED, OUTPUT, SOURCES };

static int handle(struct asking *asking, const struct pollfd *polled, bool *came_out, struct bd_error *err)
{
	struct signalfd_siginfo resized;

	if (bd_cancel_check(err) != 0)
		return -1;
	if (polled[RESIZED].revents && read(asking->resized_fd, &resized, sizeof(resized)) > 0)
		measure(asking);
	if (polled[OUTPUT].revents && send_some(asking, err) != 0)
		return -1;
	if (polled[INPUT].revents)
		return take_input(asking, came_out, err);
	if (bd_key_reader_is_waiting(&asking->keys) && bd_clock_s() >= asking->gives_up_at_s)
		return take_silence(asking, err);
	return 0;
}

/* Until the menu is closed. */
static int go_on(struct asking *asking, struct bd_error *err)
{
	bool came = true;

	while (asking->menu.outcome == BD_MENU_OPEN) {
		if (!is_sending(asking)) {
			if (compose(asking, came, err) != 0)
				return -1;
			came = false;
		}
		struct pollfd polled[SOURCES] = {
			[INPUT] = { .fd = asking->request->input_fd, .events = POLLIN },
			[SIGNAL] = { .fd = bd_cancel_fd(), .events = POLLIN },
			[RESIZED] = { .fd = asking->resized_fd, .events = POLLIN },
			[OUTPUT] = { .fd = is_sending(asking) ? asking->out_fd : -1, .events = POLLOUT },
		};
		if (poll(polled, SOURCES, wait_ms(asking)) < 0 && errno != EINTR)
			return bd_fail_errno(err, "cannot wait for the terminal");
		if (handle(asking, polled, &came, err) != 0)
			return -1;
		take_time(asking);
	}
	return 0;
}

/* A timeout of 0: the menu is there only for who has pressed a key before. */
static int take_early_input(struct asking *asking, struct bd_error *err)
{
	bool came = false;

	if (poll(&(struct pollfd){ .fd = asking->request->input_fd, .events = POLLIN }, 1, 0) <= 0) {
		bd_menu_count_down(&asking->menu, 0);
		return 0;
	}
	if (take_input(asking, &came, err) != 0 || take_silence(asking, err) != 0)
		return -1;
	asking->menu.seconds_left = -1;
	return 0;
}

static int ask(struct asking *asking, struct bd_error *err)
{
	if (begin_signals(asking, err) != 0 || begin_modes(asking, err) != 0)
		return -1;
	asking->out_fd = open_output(asking->request->output_fd);
	asking->locale = bd_glyph_locale();
	measure(asking);
	asking->boots_at_s = bd_clock_s() + asking->menu.seconds_left;
	if (asking->menu.seconds_left == 0 && take_early_input(asking, err) != 0)
		return -1;
	return go_on(asking, err);
}

/* --- the choice --------------------------------------------------------------------------------------------------- */

void bd_menu_choice_dispose(struct bd_menu_choice *choice)
{
	free(choice->arguments);
	*choice = (struct bd_menu_choice){ .arguments = NULL };
}

static int take_choice(struct bd_menu *menu, struct bd_menu_choice *choice_out, struct bd_error *err)
{
	const struct bd_bootmenu_entry *entry = &menu->entries->entries[menu->selected];

	if (menu->outcome == BD_MENU_LEFT)
		return bd_canceled(err, "no entry was chosen");
	/* Where nobody has pressed a key, nobody would choose in the other menu, either. */
	if (menu->outcome != BD_MENU_OPENED && (entry->obstacle || entry->opens)) {
		BD_FREE char *title = bd_printable(entry->title ? entry->title : "");
		BD_FREE char *obstacle = bd_printable(entry->obstacle ? entry->obstacle : "it shows another menu");
		if (!title || !obstacle)
			return bd_no_memory(err);
		return bd_fail(err, ENOTSUP, "\"%.200s\" cannot be booted: %s", title, obstacle);
	}
	*choice_out = (struct bd_menu_choice){ .index = menu->selected,
					       .arguments = bd_take_ptr(menu->edited[menu->selected]) };
	return 0;
}

bool bd_menu_can_ask(int input_fd, int output_fd)
{
	return isatty(input_fd) && isatty(output_fd);
}

bool bd_menu_is_watched(int output_fd)
{
	struct winsize size;

	return get_size(output_fd, &size);
}

int bd_menu_ask(const struct bd_menu_request *request, struct bd_menu_choice *choice_out, struct bd_error *err)
{
	BD_DISPOSE(asking_dispose)
	struct asking asking = { .request = request, .resized_fd = -1, .out_fd = request->output_fd };

	if (bd_menu_init(&asking.menu, request->menu, request->heading, err) != 0 || ask(&asking, err) != 0)
		return -1;
	return take_choice(&asking.menu, choice_out, err);
}
