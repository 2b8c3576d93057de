/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A libxl context with a logger that keeps the messages about a failure. */
#ifndef BD_LIBXL_XEN_H
#define BD_LIBXL_XEN_H

#include <stdbool.h>
#include <stdio.h>

#include <libxl.h>

#include "base/err.h"

#define BD_XEN_NO_DOMID ((uint32_t)INVALID_DOMID)

struct bd_xen {
	libxl_ctx *ctx;
	struct bd_xen_logger *logger;
};

/* log_file: libxl's messages are written there with a time stamp; NULL: they are only remembered. Borrowed.
 * ENODEV: no Xen runs here, or this is not its dom0. Only in a process that will not fork without exec. */
int bd_xen_open(struct bd_xen *xen, FILE *log_file, struct bd_error *err);
void bd_xen_close(struct bd_xen *xen); /* idempotent */

/* The first errors that libxl has reported since the last bd_xen_forget(), in one line; "" for none. */
const char *bd_xen_errors(const struct bd_xen *xen);
void bd_xen_forget(const struct bd_xen *xen);

/* Fails with the errno value for a libxl code; the message gets libxl's own errors, or the code where there
 * are none. */
int bd_xen_fail(const struct bd_xen *xen, int rc, struct bd_error *err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A line of our own in the log file. */
void bd_xen_note(const struct bd_xen *xen, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A dying one counts too. */
bool bd_xen_has_domain(const struct bd_xen *xen, uint32_t domid);

/* Destroys a domain and waits until Xen has let go of it. Failures are in bd_xen_errors(). */
int bd_xen_destroy(const struct bd_xen *xen, uint32_t domid);

#endif
