/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides and changes a guest's memory and virtual CPUs. */
#include "ops/set/size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "xlcfg/edit.h"

#define NUMBER_SIZE 24

static const char *mib(uint64_t number, char text[NUMBER_SIZE])
{
	snprintf(text, NUMBER_SIZE, "%" PRIu64 "M", number);
	return number ? text : NULL;
}

static const char *plain(uint64_t number, char text[NUMBER_SIZE])
{
	snprintf(text, NUMBER_SIZE, "%" PRIu64, number);
	return number ? text : NULL;
}

static int edit(struct set_job *job, const char *key, uint64_t value, const char *limit_key, uint64_t limit,
		struct bd_error *err)
{
	char *changed;

	if (bd_cfg_edit_number(job->new_text, key, value, limit_key, limit, &changed, err) != 0)
		return -1;
	bd_text_replace(&job->new_text, changed);
	return 0;
}

static int add_limit(struct set_job *job, const char *key, uint64_t limit, uint64_t value,
		     const char *(*format)(uint64_t, char[NUMBER_SIZE]), struct bd_error *err)
{
	char from[NUMBER_SIZE], to[NUMBER_SIZE];

	return limit && limit < value ? set_job_add(job, key, format(limit, from), format(value, to), NULL, err) : 0;
}

/* Says of a change whether the guest has it at once. */
static void tell(struct set_change *change, bool now, const char *reason)
{
	if (!change)
		return;
	change->now = now;
	if (now || !*reason)
		return;
	snprintf(change->why_text, sizeof(change->why_text), "%s", reason);
	change->why = change->why_text;
}

static bool can_have_memory(const struct set_job *job, char reason[96])
{
	uint64_t most_kib = job->domain.memory_max_kib, wanted_kib = job->memory_mib << 10;
	char most[NUMBER_SIZE];

	if (!job->is_alive)
		return false;
	if (!most_kib && wanted_kib > job->domain.memory_kib)
		snprintf(reason, 96, "how much it can have is not known");
	else if (most_kib && wanted_kib > most_kib)
		snprintf(reason, 96, "it was started with %s, and can have no more", mib(most_kib >> 10, most));
	return !*reason;
}

static int decide_memory(struct set_job *job, const struct bd_create_request *request, struct bd_error *err)
{
	const struct bd_cfg *cfg = &job->cfg;
	char from[NUMBER_SIZE], to[NUMBER_SIZE], reason[96] = "";
	struct set_change *change;

	job->memory_mib = request->memory_mib;
	job->sets_memory = can_have_memory(job, reason);
	job->memory_kib = job->memory_mib << 10;
	if (set_job_add(job, "memory", mib(cfg->memory_mib, from), mib(job->memory_mib, to), &change, err) != 0)
		return -1;
	tell(change, job->sets_memory, reason);
	if (add_limit(job, "maxmem", cfg->maxmem_mib, job->memory_mib, mib, err) != 0)
		return -1;
	return change ? edit(job, "memory", job->memory_mib, "maxmem", cfg->maxmem_mib, err) : 0;
}

static bool can_have_vcpus(const struct set_job *job, uint32_t wanted, char reason[96])
{
	const struct bd_toolstack_domain *domain = &job->domain;

	if (!job->is_alive)
		return false;
	if (!domain->vcpus_max && wanted > domain->vcpus)
		snprintf(reason, 96, "how many it can have is not known");
	else if (domain->vcpus_max && wanted > domain->vcpus_max)
		snprintf(reason, 96, "it was started with %" PRIu32 ", and can have no more", domain->vcpus_max);
	else if (wanted < domain->vcpus && strcmp(job->cfg.type, "hvm") == 0)
		snprintf(reason, 96, "no virtual CPU can be taken from an HVM guest that runs");
	return !*reason;
}

static int decide_vcpus(struct set_job *job, const struct bd_create_request *request, struct bd_error *err)
{
	const struct bd_cfg *cfg = &job->cfg;
	char from[NUMBER_SIZE], to[NUMBER_SIZE], reason[96] = "";
	uint64_t old = cfg->vcpus ? cfg->vcpus : 1;
	struct set_change *change;

	job->vcpus = request->vcpus;
	job->sets_vcpus = can_have_vcpus(job, job->vcpus, reason);
	if (set_job_add(job, "vcpus", plain(old, from), plain(job->vcpus, to), &change, err) != 0)
		return -1;
	tell(change, job->sets_vcpus, reason);
	if (add_limit(job, "maxvcpus", cfg->maxvcpus, job->vcpus, plain, err) != 0)
		return -1;
	return change ? edit(job, "vcpus", job->vcpus, "maxvcpus", cfg->maxvcpus, err) : 0;
}

int set_size_decide(struct set_job *job, const struct bd_create_request *request, struct bd_error *err)
{
	job->memory_mib = job->cfg.memory_mib;
	if (bd_create_request_has(request, BD_FIELD_MEMORY) && decide_memory(job, request, err) != 0)
		return bd_set_field(err, BD_FIELD_MEMORY);
	if (bd_create_request_has(request, BD_FIELD_VCPUS) && decide_vcpus(job, request, err) != 0)
		return bd_set_field(err, BD_FIELD_VCPUS);
	return 0;
}

void set_size_undo(const struct set_job *job, const struct boot *boot, const struct set_size_undo *undo)
{
	const struct bd_toolstack_plugin *plugin = boot->toolstack.plugin;
	struct bd_error failure = BD_ERROR_INIT;
	struct bd_toolstack *toolstack;
	uint64_t memory_kib;
	uint32_t vcpus;

	if (!undo->memory && !undo->vcpus)
		return;
	int r = boot_open(boot, &toolstack, &failure);
	if (r == 0) {
		if (undo->memory)
			r = plugin->set_memory(toolstack, job->domain.domid, undo->memory_kib, &memory_kib, &failure);
		if (r == 0 && undo->vcpus)
			r = plugin->set_vcpus(toolstack, job->domain.domid, undo->vcpus_before, &vcpus, &failure);
		plugin->close(toolstack);
	}
	if (r != 0)
		bd_warn("%s keeps what it was given until its next start: %s", job->cfg.name, failure.message);
}

static int apply(const struct set_job *job, const struct bd_toolstack_plugin *plugin, struct bd_toolstack *toolstack,
		 struct set_size_undo *undo, struct bd_error *err)
{
	uint32_t domid = job->domain.domid;

	if (job->sets_memory) {
		if (plugin->set_memory(toolstack, domid, job->memory_kib, &undo->memory_kib, err) != 0)
			return bd_set_field(err, BD_FIELD_MEMORY);
		undo->memory = true;
	}
	if (job->sets_vcpus) {
		if (plugin->set_vcpus(toolstack, domid, job->vcpus, &undo->vcpus_before, err) != 0)
			return bd_set_field(err, BD_FIELD_VCPUS);
		undo->vcpus = true;
	}
	return 0;
}

int set_size_apply(const struct set_job *job, const struct boot *boot, struct set_size_undo *undo_out,
		   struct bd_error *err)
{
	struct bd_toolstack *toolstack;

	*undo_out = (struct set_size_undo){ .memory = false };
	if (!job->sets_memory && !job->sets_vcpus)
		return 0;
	if (boot_open(boot, &toolstack, err) != 0)
		return -1;
	int r = apply(job, boot->toolstack.plugin, toolstack, undo_out, err);
	boot->toolstack.plugin->close(toolstack);
	if (r == 0)
		return 0;
	set_size_undo(job, boot, undo_out);
	return bd_wrap(err, "%s was not changed", job->cfg.name);
}
