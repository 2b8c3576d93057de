/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits through the toolstack, and interprets the result for a guest. */
#include "ops/guest/wait.h"

#include <errno.h>

#include "base/progress.h"
#include "ops/guest/names.h"
#include "ops/host/boot_domain.h"

static int judge(enum bd_toolstack_wait_for what, unsigned seconds, enum bd_toolstack_wait_result result,
		 const struct bd_cfg *cfg, struct bd_error *err)
{
	switch (result) {
	case BD_TOOLSTACK_WAIT_DONE:
		return 0;
	case BD_TOOLSTACK_WAIT_TIMEOUT:
		return bd_fail(err, ETIMEDOUT, "%s is not %s after %u s", cfg->name,
			       what == BD_TOOLSTACK_WAIT_GONE ? "gone" : "up", seconds);
	case BD_TOOLSTACK_WAIT_CRASHED:
		return bd_fail(err, ECHILD, "%s crashed while waiting for it", cfg->name);
	case BD_TOOLSTACK_WAIT_DIED:
		return bd_fail(err, ECHILD, "%s shut down while waiting for it", cfg->name);
	}
	return bd_fail(err, EINVAL, "the toolstack plugin gave an unexpected answer");
}

static int wait_for(struct boot *boot, const struct bd_cfg *cfg, enum bd_toolstack_wait_for what, unsigned seconds,
		    struct bd_error *err)
{
	enum bd_toolstack_wait_result result;

	bd_progress_stage("waiting for the guest", 0);
	return boot_wait_for(boot, what, seconds, &result, err) == 0 ? judge(what, seconds, result, cfg, err) : -1;
}

int guest_wait_find(struct boot *boot, const struct bd_cfg *cfg, enum bd_toolstack_wait_for what,
		    struct bd_toolstack_domain *domain_out, bool *found_out, struct bd_error *err)
{
	*found_out = true;
	if (what == BD_TOOLSTACK_WAIT_READY && bd_cfg_never_reports(cfg))
		return bd_fail(err, ENOTSUP, "nothing in %s reports that it is up (report=none in %s)", cfg->name,
			       cfg->path);
	return what == BD_TOOLSTACK_WAIT_GONE ? guest_domain(boot, cfg, domain_out, found_out, err)
					      : guest_running(boot, cfg, domain_out, err);
}

int guest_wait(struct boot *boot, const struct bd_cfg *cfg, enum bd_toolstack_wait_for what, unsigned seconds,
	       struct bd_toolstack_domain *domain, bool *found, struct bd_error *err)
{
	if (*found && wait_for(boot, cfg, what, seconds, err) != 0)
		return -1;
	*found = false;
	return what == BD_TOOLSTACK_WAIT_GONE ? 0 : guest_domain(boot, cfg, domain, found, err);
}
