/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Measures the stages of a start. */
#include "ops/host/stages.h"

#include "base/log.h"
#include "base/progress.h"

/* What each is called by programs, and for people. */
static const struct {
	const char *name, *text;
} stage_names[BOOT_STAGE_COUNT] = {
	[BD_TOOLSTACK_STAGE_CONFIG] = { "config", "reading the config" },
	[BD_TOOLSTACK_STAGE_BOOTLOADER] = { "bootloader", "the boot loader" },
	[BD_TOOLSTACK_STAGE_LOCK] = { "lock", "waiting for xl's lock" },
	[BD_TOOLSTACK_STAGE_MEMORY] = { "memory", "making memory free" },
	[BD_TOOLSTACK_STAGE_DOMAIN] = { "domain", "building the domain" },
	[BD_TOOLSTACK_STAGE_DISKS] = { "disks", "connecting the disks" },
	[BD_TOOLSTACK_STAGE_DEVICE_MODEL] = { "device_model", "starting the device model" },
	[BD_TOOLSTACK_STAGE_NETWORK] = { "network", "connecting the network" },
	[BD_TOOLSTACK_STAGE_UNPAUSE] = { "unpause", "unpausing the domain" },
	[BOOT_STAGE_GUEST] = { "guest", "waiting for the guest's report" },
};

void boot_stages_end(struct boot_stages *stages)
{
	int stage = stages->current - 1;

	if (stage < 0)
		return;
	stages->current = 0;
	/* A stage that comes twice has the time of both. */
	stages->seconds[stage] += (float)(bd_progress_elapsed_s() - stages->begin_s);
	bd_debug("%s took %.2f s", stage_names[stage].text, (double)stages->seconds[stage]);
}

void boot_stages_begin(struct boot_stages *stages, int stage)
{
	boot_stages_end(stages);
	if (stage < 0 || stage >= BOOT_STAGE_COUNT)
		return;
	stages->current = stage + 1;
	stages->begin_s = bd_progress_elapsed_s();
}

const char *boot_stage_name(int stage)
{
	return stage_names[stage].name;
}
