/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One hypercall lists all domains: a look costs no more where there are hundreds, of which only those of the guest count. */
#include "libxl/change.h"

#include <stdbool.h>
#include <string.h>

#include <libxl_utils.h>

#include "base/clock.h"
#include "base/hash.h"
#include "libxl/domain_watch.h"
#include "libxl/domains.h"

/* What there is of one guest. */
struct sight {
	uint64_t digest;
	bool must_look; /* its next change may be one of those that nobody tells */
};

static int look(const struct bd_xen *xen, const uint8_t uuid[16], struct sight *sight_out, struct bd_error *err)
{
	int count;
	libxl_dominfo *domains = libxl_list_domain(xen->ctx, &count);
	if (!domains)
		return bd_xen_fail(xen, ERROR_FAIL, err, "cannot list the domains");
	*sight_out = (struct sight){ .digest = BD_HASH_INIT };
	for (int i = 0; i < count; i++) {
		if (memcmp(libxl_uuid_bytearray_const(&domains[i].uuid), uuid, 16) != 0)
			continue;
		const uint32_t facts[2] = { domains[i].domid, bd_domain_state(&domains[i]) };
		sight_out->digest = bd_hash(sight_out->digest, facts, sizeof(facts));
		sight_out->must_look |= facts[1] == BD_TOOLSTACK_PAUSED || facts[1] == BD_TOOLSTACK_DYING;
	}
	libxl_dominfo_list_free(domains, count);
	return 0;
}

static int wait_change(struct bd_toolstack *toolstack, const struct bd_domain_watch *watch, const uint8_t uuid[16],
		       uint64_t *seen, double end_s, struct bd_error *err)
{
	for (;;) {
		struct sight sight = { 0 };
		if (look(&toolstack->xen, uuid, &sight, err))
			return -1;
		double now_s = bd_clock_s(), next_s = now_s + BD_DOMAIN_WATCH_LOOK_S;
		if (sight.digest != *seen || now_s >= end_s) {
			*seen = sight.digest;
			return 0;
		}
		if (bd_domain_watch_sleep(watch, toolstack->host->cancel_fd,
					  sight.must_look && next_s < end_s ? next_s : end_s, err))
			return -1;
	}
}

int bd_wait_change(struct bd_toolstack *toolstack, const uint8_t uuid[16], uint64_t *seen, unsigned timeout_ms,
		   struct bd_error *err)
{
	double end_s = bd_clock_s() + timeout_ms / 1000.0;
	struct bd_domain_watch watch;

	bd_xen_forget(&toolstack->xen);
	if (bd_domain_watch_open(&watch, err))
		return -1;
	int r = wait_change(toolstack, &watch, uuid, seen, end_s, err);
	bd_domain_watch_close(&watch);
	return r;
}
