/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A libxl operation that can be stopped: it is started with BD_ASYNC_HOW and completed here. There is one at a time
 * per context. */
#ifndef BD_LIBXL_ASYNC_H
#define BD_LIBXL_ASYNC_H

#include <stdbool.h>

#include <libxl.h>

#include "libxl/xen.h"

/* Asks libxl for an event when it is done. The number only tells it from other operations in libxl_ao_abort. */
#define BD_ASYNC_HOW ((libxl_asyncop_how){ .u.for_event = 1 })

/* A descriptor of the caller's, which is looked at each time that it is readable. */
struct bd_async_watch {
	int fd; /* -1: none */
	void (*look)(void *context);
	void *context;
};

/* Lets libxl work until the operation is done. When stop_fd becomes readable or hangs up (-1: never), libxl is
 * asked to abort it, once; it may still end well. *rc_out: how it ended; *stopped_out: whether it was to stop. */
int bd_async_finish(const struct bd_xen *xen, int stop_fd, int *rc_out, bool *stopped_out, struct bd_error *err);
int bd_async_finish_watching(const struct bd_xen *xen, int stop_fd, const struct bd_async_watch *watch, int *rc_out,
			     bool *stopped_out, struct bd_error *err);

#endif
