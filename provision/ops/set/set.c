/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens a guest, decides about it, and changes it. */
#include "ops/set/set.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/lock.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "ops/guest/names.h"
#include "ops/host/domains.h"
#include "ops/set/boot.h"
#include "ops/set/files.h"
#include "ops/set/kernel_memory.h"
#include "ops/set/network.h"
#include "ops/set/size.h"
#include "xlcfg/syntax.h"

/* A lock on a link is no lock on the config. */
static int resolve(struct bd_cfg *cfg, struct bd_error *err)
{
	char *real = realpath(cfg->path, NULL);

	if (!real)
		return bd_fail_errno(err, "cannot find %s", cfg->path);
	free(cfg->path);
	cfg->path = real;
	return 0;
}

int set_open(const char *argument, const char *dir, bool changes, struct set_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg found = { 0 };

	if (guest_open(argument, dir, &found, err) != 0 || resolve(&found, err) != 0)
		return -1;
	if (changes && bd_lock(found.path, &job->lock_fd, err) != 0)
		return -1;
	/* Once more, now that nobody changes it. */
	if (guest_open(found.path, NULL, &job->cfg, err) != 0 ||
	    bd_read_file(found.path, BD_CFG_LIMIT_BYTES, &job->text, NULL, err) != 0)
		return -1;
	job->new_text = strdup(job->text);
	return job->new_text ? 0 : bd_no_memory(err);
}

/* Who may not ask Xen may change the config all the same, and cannot change a running guest. */
static int look_at_domain(struct set_job *job, struct boot *boot, bool as_if_stopped, struct bd_error *err)
{
	struct bd_error problem = BD_ERROR_INIT;
	bool found;

	if (guest_domain_try(boot, &job->cfg, &job->domain, &found, &problem) != 0) {
		if (problem.code != EPERM) {
			*err = problem;
			return -1;
		}
		bd_warn("%s; what is changed is in effect from its next start", problem.message);
		found = false;
	}
	job->passes_over_domain = found && as_if_stopped;
	job->is_alive = found && !as_if_stopped && domains_is_alive(&job->domain);
	return 0;
}

/* Judged by what is read again: an unusual way to write a config must not make something else of it. */
static int check_text(const struct set_job *job, const struct bd_create_request *request, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	const struct bd_network *network = &request->networks[0];
	const char *wrong = NULL;

	if (bd_cfg_check_syntax(job->new_text, err) != 0 || bd_cfg_parse(job->new_text, &cfg, err) != 0)
		return bd_wrap(err, "%s", job->cfg.path);
	if (bd_create_request_has(request, BD_FIELD_MEMORY) && cfg.memory_mib != request->memory_mib)
		wrong = "memory";
	else if (bd_create_request_has(request, BD_FIELD_VCPUS) && (cfg.vcpus ? cfg.vcpus : 1) != request->vcpus)
		wrong = "vcpus";
	else if (bd_create_request_has(request, BD_FIELD_TYPE) &&
		 strcmp(cfg.type, bd_guest_type_name(request->type)) != 0)
		wrong = "type";
	else if (job->boot.copies && (!cfg.kernel || strcmp(cfg.kernel, job->boot.kernel) != 0))
		wrong = "kernel";
	else if (bd_create_request_has(request, BD_FIELD_BRIDGE) && strcmp(cfg.vifs[0].bridge, network->bridge) != 0)
		wrong = "vif";
	else if (bd_create_request_has(request, BD_FIELD_MAC) &&
		 (!cfg.vifs[0].has_mac || memcmp(cfg.vifs[0].mac, network->mac, sizeof(network->mac)) != 0))
		wrong = "vif";
	return wrong ? bd_fail(err, ENOTSUP,
			       "cannot change %s= in %s: it is written in an unusual way; edit it by hand", wrong,
			       job->cfg.path)
		     : 0;
}

static bool has_change(const struct set_job *job, const char *key)
{
	for (size_t i = 0; i < job->change_count; i++)
		if (strcmp(job->changes[i].key, key) == 0)
			return true;
	return false;
}

int set_decide(struct set_job *job, struct boot *boot, const struct set_request *request, struct bd_error *err)
{
	if (look_at_domain(job, boot, request->as_if_stopped, err) != 0 ||
	    set_size_decide(job, &request->values, err) != 0 ||
	    set_boot_decide(job, boot, &request->values, err) != 0 || set_network_decide(job, request, err) != 0)
		return -1;
	/* One that is copied out of the disk is looked at then. */
	if (has_change(job, "memory") && job->memory_mib < job->cfg.memory_mib && !job->boot.copies &&
	    set_check_kernel_memory(job, err) != 0)
		return -1;
	return check_text(job, &request->values, err);
}

static int add_live(struct set_job *job, const char *key, const char *unit, uint64_t before, uint64_t after,
		    struct bd_error *err)
{
	struct set_change *change;
	char from[24], to[24];

	snprintf(from, sizeof(from), "%" PRIu64 "%s", before, unit);
	snprintf(to, sizeof(to), "%" PRIu64 "%s", after, unit);
	if (set_job_add(job, key, from, to, &change, err) != 0)
		return -1;
	if (change)
		change->now = true;
	return 0;
}

/* The config said so already, and the running guest had something else. */
static int note_live(struct set_job *job, const struct set_size_undo *before, struct bd_error *err)
{
	if (before->memory && !has_change(job, "memory") &&
	    add_live(job, "memory", "M", before->memory_kib >> 10, job->memory_mib, err) != 0)
		return -1;
	return before->vcpus && !has_change(job, "vcpus")
		       ? add_live(job, "vcpus", "", before->vcpus_before, job->vcpus, err)
		       : 0;
}

int set_do(struct set_job *job, struct boot *boot, struct bd_error *err)
{
	BD_DISPOSE(set_files_dispose) struct set_files files = SET_FILES_INIT;
	struct set_size_undo undo;

	if (set_files_make(job, &files, err) != 0 || bd_cancel_check(err) != 0 ||
	    set_size_apply(job, boot, &undo, err) != 0)
		return -1;
	if (set_files_publish(job, &files, err) != 0) {
		set_size_undo(job, boot, &undo);
		return -1;
	}
	set_files_clear(job);
	return note_live(job, &undo, err);
}
