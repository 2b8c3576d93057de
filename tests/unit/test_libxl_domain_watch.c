/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ends the wait for domains, with Xen's own client library and a xenstored of this test's: one that takes watches, and fires
 * when it is told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "libxl/domain_watch.h"

/* xen/include/public/io/xs_wire.h */
enum { WATCH = 4, WATCH_EVENT = 15 };

/* Long after that a test has failed. */
#define LONG_S 600

static char folder[] = "/tmp/test-watch-XXXXXX";
static struct bd_error err;
static struct bd_domain_watch watch;
static pid_t server;
static int orders; /* a byte fires @releaseDomain */

static bool all(ssize_t (*move)(int, void *, size_t), int fd, void *data, size_t size)
{
	for (char *at = data; size > 0;) {
		ssize_t r = move(fd, at, size);
		if (r <= 0)
			return false;
		at += r;
		size -= (size_t)r;
	}
	return true;
}

static ssize_t put(int fd, void *data, size_t size)
{
	return write(fd, data, size);
}

static bool send_message(int fd, const uint32_t header[4], const char *payload)
{
	uint32_t copy[4];
	char text[64];
	memcpy(copy, header, sizeof(copy));
	memcpy(text, payload, header[3]);
	return all(put, fd, copy, sizeof(copy)) && all(put, fd, text, header[3]);
}

/* Two watches, then what it is told. Its end closes the connection. */
static void serve(int listening, int told)
{
	static const char event[] = "@releaseDomain\0domain";
	int fd = accept(listening, NULL, NULL);
	char payload[64], order;
	for (int i = 0; i < 2; i++) {
		uint32_t header[4]; /* type, request, transaction, length */
		if (!all(read, fd, header, sizeof(header)) || header[0] != WATCH || header[3] > sizeof(payload) ||
		    !all(read, fd, payload, header[3]) ||
		    memcmp(payload, i ? "@releaseDomain" : "@introduceDomain", i ? 15 : 17) != 0)
			return;
		header[3] = 3;
		if (!send_message(fd, header, "OK"))
			return;
	}
	while (read(told, &order, 1) == 1)
		send_message(fd, (uint32_t[]){ WATCH_EVENT, 0, 0, sizeof(event) }, event);
}

static int begin(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int ends[2];
	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
	unlink(address.sun_path);
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pipe(ends) != 0 || bind(listening, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listening, 1) != 0)
		return -1;
	setenv("XENSTORED_PATH", address.sun_path, 1);
	server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[1]);
		serve(listening, ends[0]);
		_exit(0);
	}
	close(listening);
	close(ends[0]);
	orders = ends[1];
	return bd_domain_watch_open(&watch, &err);
}

static int end(void **state)
{
	(void)state;
	if (orders >= 0)
		close(orders);
	waitpid(server, NULL, 0);
	bd_domain_watch_close(&watch);
	bd_domain_watch_close(&watch);
	return 0;
}

static void what_fires_ends_it_once(void **state)
{
	(void)state;
	assert_int_equal(write(orders, "!", 1), 1);
	assert_int_equal(bd_domain_watch_sleep(&watch, -1, bd_clock_s() + LONG_S, &err), 0);
	struct pollfd more = { .fd = xs_fileno(watch.xs), .events = POLLIN };
	assert_int_equal(poll(&more, 1, 0), 0);
}

static void the_time_ends_it(void **state)
{
	(void)state;
	double until_s = bd_clock_s() + 0.01;
	assert_int_equal(bd_domain_watch_sleep(&watch, -1, until_s, &err), 0);
	assert_true(bd_clock_s() >= until_s);
	assert_int_equal(bd_domain_watch_sleep(&watch, -1, until_s - 1, &err), 0);
}

static void who_wants_to_stop_ends_it(void **state)
{
	int ends[2];
	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "", 1), 1);
	assert_int_equal(bd_domain_watch_sleep(&watch, ends[0], bd_clock_s() + LONG_S, &err), -1);
	assert_int_equal(err.code, BD_ECANCELED);
	close(ends[0]);
	close(ends[1]);
}

static void the_end_of_xenstored_is_an_error(void **state)
{
	(void)state;
	double end_s = bd_clock_s() + LONG_S;
	close(orders);
	orders = -1;
	while (bd_domain_watch_sleep(&watch, -1, bd_clock_s() + 0.01, &err) == 0)
		assert_true(bd_clock_s() < end_s);
	assert_int_equal(err.code, EIO);
	assert_string_equal(err.message, "xenstored closed the connection");
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[64];
	(void)state;
	snprintf(path, sizeof(path), "%s/socket", folder);
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_fires_ends_it_once, begin, end),
		cmocka_unit_test_setup_teardown(the_time_ends_it, begin, end),
		cmocka_unit_test_setup_teardown(who_wants_to_stop_ends_it, begin, end),
		cmocka_unit_test_setup_teardown(the_end_of_xenstored_is_an_error, begin, end),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
