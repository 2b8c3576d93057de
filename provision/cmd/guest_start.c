/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting one guest from its cfg, once. */
#include "cmd/guest_start.h"

#include "base/claim.h"
#include "base/cleanup.h"
#include "base/progress.h"
#include "cmd/guest_names.h"

static void forget_last(struct boot *boot)
{
	boot->created = boot->ready = false;
	boot->create_s = boot->wait_s = 0;
}

/* The claim keeps `rm` and `rename` away until the domain is there for them to see. */
static int create(struct boot *boot, const struct bd_cfg *cfg, struct bd_error *err)
{
	BD_CLOSE int claim_fd = -1;

	if (bd_claim(cfg->path, &claim_fd, err) != 0)
		return -1;
	bd_progress_stage("starting the domain", 0);
	return boot_create(boot, cfg->path, err) == 0 ? 0 : bd_wrap(err, "cannot start %s", cfg->name);
}

int guest_start(struct boot *boot, const struct bd_cfg *cfg, unsigned wait_s, enum guest_start_result *result_out,
		struct bd_error *err)
{
	struct bd_toolstack_domain domain;
	bool found;

	forget_last(boot);
	if (guest_domain(boot, cfg, &domain, &found, err) != 0)
		return -1;
	/* What is left of a guest that has ended is the toolstack's to complain of. */
	bool runs = found && (domain.state == BD_TOOLSTACK_RUNNING || domain.state == BD_TOOLSTACK_PAUSED);
	if (!runs && create(boot, cfg, err) != 0)
		return -1;
	if (wait_s) {
		bd_progress_stage("waiting for the guest to be up", 0);
		if (boot_wait(boot, cfg->name, wait_s, err) != 0)
			return -1;
	}
	*result_out = runs ? GUEST_RAN_ALREADY : GUEST_STARTED;
	return 0;
}
