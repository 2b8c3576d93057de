/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxl's event loop for one operation. */
#include "libxl/async.h"

#include <errno.h>
#include <poll.h>
#include <sys/time.h>

#include <libxl_event.h>

/* libxl has a handful of descriptors in use during an operation. */
#define FDS 64

/* Lets libxl work until something happens. *stop_out: whether it was the wish to stop. */
static int work(const struct bd_xen *xen, int stop_fd, const struct bd_async_watch *watch, bool *stop_out,
		struct bd_error *err)
{
	struct pollfd fds[FDS + 2];
	int count = FDS, timeout_ms = -1;
	struct timeval now;
	gettimeofday(&now, NULL);
	int rc = libxl_osevent_beforepoll(xen->ctx, &count, fds, &timeout_ms, now);
	if (rc)
		return bd_xen_fail(xen, rc, err, "cannot wait for libxl");
	fds[count] = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	fds[count + 1] = (struct pollfd){ .fd = watch->fd, .events = POLLIN };
	int r = poll(fds, (nfds_t)count + 2, timeout_ms);
	if (r < 0 && errno != EINTR)
		return bd_fail_errno(err, "cannot wait for libxl");
	if (r < 0)
		return 0;
	gettimeofday(&now, NULL);
	libxl_osevent_afterpoll(xen->ctx, count, fds, now);
	*stop_out = fds[count].revents != 0;
	if (fds[count + 1].revents)
		watch->look(watch->context);
	return 0;
}

int bd_async_finish(const struct bd_xen *xen, int stop_fd, int *rc_out, bool *stopped_out, struct bd_error *err)
{
	const struct bd_async_watch none = { .fd = -1 };

	return bd_async_finish_watching(xen, stop_fd, &none, rc_out, stopped_out, err);
}

int bd_async_finish_watching(const struct bd_xen *xen, int stop_fd, const struct bd_async_watch *watch, int *rc_out,
			     bool *stopped_out, struct bd_error *err)
{
	const libxl_asyncop_how how = BD_ASYNC_HOW;
	for (;;) {
		libxl_event *event;
		while (libxl_event_check(xen->ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == 0) {
			bool done = event->type == LIBXL_EVENT_TYPE_OPERATION_COMPLETE;
			if (done)
				*rc_out = event->u.operation_complete.rc;
			libxl_event_free(xen->ctx, event);
			if (done)
				return 0;
		}
		bool stop = false;
		if (work(xen, *stopped_out ? -1 : stop_fd, watch, &stop, err))
			return -1;
		if (stop) {
			*stopped_out = true;
			libxl_ao_abort(xen->ctx, &how);
		}
	}
}
