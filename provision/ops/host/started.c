/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts starts, and tells of them. */
#include "ops/host/started.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "events/event.h"
#include "events/record.h"

static void take_stages(const struct boot *boot, struct bd_record *record)
{
	record->stage_count = 0;
	for (int stage = 0; stage < BOOT_STAGE_COUNT && record->stage_count < BD_RECORD_STAGES_MAX; stage++) {
		if (!(boot->stages.seconds[stage] > 0))
			continue;
		snprintf(record->stages[record->stage_count].name, BD_RECORD_STAGE_SIZE, "%s",
			 boot_stage_name(stage));
		record->stages[record->stage_count++].seconds = (double)boot->stages.seconds[stage];
	}
}

static void count_start(void *context, struct bd_record *record)
{
	record->counts[BD_RECORD_STARTS]++;
	record->last_start_s = time(NULL);
	take_stages(context, record);
}

static void count_failure(void *context, struct bd_record *record)
{
	(void)context;
	record->counts[BD_RECORD_START_FAILURES]++;
}

struct waited {
	const struct boot *boot;
	bool has_ended;
};

static void count_waited(void *context, struct bd_record *record)
{
	const struct waited *waited = context;

	record->counts[BD_RECORD_START_FAILURES] += waited->has_ended;
	take_stages(waited->boot, record);
}

void boot_started(const struct boot *boot, const char *name, const char *cfg_path)
{
	const struct bd_event event = {
		.kind = "started", .guest = name, .cfg_path = cfg_path, .domid = boot->domid
	};
	struct boot *context = (struct boot *)(uintptr_t)boot;

	bd_record_change(cfg_path, true, count_start, context);
	bd_event(&event, "%s was started (domain %u)", name, boot->domid);
}

void boot_not_started(const char *name, const char *cfg_path, const struct bd_error *why)
{
	const struct bd_event event = { .kind = "start-failed", .guest = name, .cfg_path = cfg_path, .failure = why };

	if (why->kind == BD_KIND_CANCELED)
		return;
	bd_record_change(cfg_path, true, count_failure, NULL);
	bd_event(&event, "%s", why->message);
}

void boot_waited(const struct boot *boot, const char *name, const char *cfg_path, int r, const struct bd_error *why)
{
	struct waited waited = { .boot = boot, .has_ended = r != 0 && why->code == ECHILD };
	const struct bd_event event = {
		.kind = "not-up", .guest = name, .cfg_path = cfg_path, .domid = boot->domid, .failure = why
	};

	if (r != 0 && why->kind == BD_KIND_CANCELED)
		return;
	bd_record_change(cfg_path, false, count_waited, &waited);
	if (r != 0)
		bd_event(&event, "%s", why->message);
}
