/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for domains, as xenstored tells of them: @introduceDomain when one is built and has its name, @releaseDomain
 * when one has shut down or is dying. Of three changes nobody tells, neither xenstored nor libxl: a domain that was dying
 * is gone (it has left xenstore before), one is paused, and one is unpaused. Those are looked for. */
#ifndef BD_LIBXL_DOMAIN_WATCH_H
#define BD_LIBXL_DOMAIN_WATCH_H

#include <xenstore.h>

#include "base/err.h"

/* How often that is done. It costs one hypercall, however many domains there are. */
#define BD_DOMAIN_WATCH_LOOK_S 0.2

struct bd_domain_watch {
	struct xs_handle *xs; /* further paths may be watched with it */
};

int bd_domain_watch_open(struct bd_domain_watch *watch_out, struct bd_error *err);
void bd_domain_watch_close(struct bd_domain_watch *watch); /* idempotent */

/* Until something has fired, or until_s (as bd_clock_s), and some seconds at most. What has fired is of any domain, and is
 * forgotten: look at the domains afterwards. stop_fd: BD_ECANCELED when it becomes readable; -1: never. EIO: xenstored has gone. */
int bd_domain_watch_sleep(const struct bd_domain_watch *watch, int stop_fd, double until_s, struct bd_error *err);

#endif
