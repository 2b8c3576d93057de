/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the symlinks by which each init knows what to start. */
#include "adapt/service.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"

struct job {
	const struct bd_overlay *overlay;
	const struct bd_service *service;
	const char *who;
};

static void say_enabled(const struct job *job, const char *name)
{
	bd_info("%s is enabled in %s: the template has it, but does not start it", name, job->who);
}

static int enable_by_systemd(const struct job *job, enum bd_unit_state *state_out, struct bd_error *err)
{
	const char *unit = job->service->unit;

	if (bd_systemd_unit_enable(job->overlay, unit, state_out, err) != 0)
		return -1;
	if (*state_out == BD_UNIT_MASKED)
		bd_warn("the template masks %s, which %s would have %s from; unmask it there", unit, job->who,
			job->service->use);
	else if (*state_out == BD_UNIT_NOW_ENABLED)
		say_enabled(job, unit);
	return 0;
}

/* Where services are, and where they are enabled by a symlink: what the network needs, and the others. */
struct init {
	const char *services, *early, *late;
};

/* OpenRC on Alpine and Gentoo, runit on Void. */
static const struct init inits[] = {
	{ "/etc/init.d", "/etc/runlevels/boot", "/etc/runlevels/default" },
	{ "/etc/sv", "/etc/runit/runsvdir/default", "/etc/runit/runsvdir/default" },
};

static int enable_by_init(const struct job *job, const struct init *init, enum bd_unit_state *state_out,
			  struct bd_error *err)
{
	const char *name = job->service->script;
	BD_FREE char *script = NULL, *early = NULL, *late = NULL;
	bool has_script, is_early, is_late;

	if (bd_text_format(&script, err, "%s/%s", init->services, name) != 0 ||
	    bd_text_format(&early, err, "%s/%s", init->early, name) != 0 ||
	    bd_text_format(&late, err, "%s/%s", init->late, name) != 0)
		return -1;
	if (bd_overlay_exists(job->overlay, script, &has_script, err) != 0 ||
	    bd_overlay_exists(job->overlay, early, &is_early, err) != 0 ||
	    bd_overlay_exists(job->overlay, late, &is_late, err) != 0)
		return -1;
	*state_out = !has_script ? BD_UNIT_MISSING : is_early || is_late ? BD_UNIT_ENABLED : BD_UNIT_NOW_ENABLED;
	if (*state_out != BD_UNIT_NOW_ENABLED)
		return 0;
	say_enabled(job, name);
	return bd_overlay_put_symlink(job->overlay, job->service->early ? early : late, script, err);
}

struct search {
	const char *name;
	bool found;
};

/* "S13networking" */
static int find_start_link(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	struct search *search = context;

	(void)type;
	(void)err;
	if (*name == 'S' && strlen(name) > 3 && strcmp(name + 3, search->name) == 0)
		search->found = true;
	return 0;
}

/* What the network needs starts before the runlevels, behind what mounts the filesystems. */
static int enable_by_sysvinit(const struct job *job, enum bd_unit_state *state_out, struct bd_error *err)
{
	static const char *const runlevels[] = { "/etc/rc2.d", "/etc/rc3.d", "/etc/rc4.d", "/etc/rc5.d",
						 "/etc/rcS.d" };
	const struct bd_root_reader *root = job->overlay->root;
	const char *name = job->service->script;
	struct search search = { .name = name };
	BD_FREE char *script = NULL, *target = NULL;
	bool has_script, has_runlevels;

	*state_out = BD_UNIT_MISSING;
	if (bd_text_format(&script, err, "/etc/init.d/%s", name) != 0 ||
	    bd_text_format(&target, err, "../init.d/%s", name) != 0 ||
	    bd_overlay_exists(job->overlay, script, &has_script, err) != 0 ||
	    bd_overlay_exists(job->overlay, "/etc/rcS.d", &has_runlevels, err) != 0)
		return -1;
	if (!has_script || !has_runlevels)
		return 0;
	for (size_t i = 0; i < 5 && !search.found; i++)
		if (root->list(root->source, runlevels[i], find_start_link, &search, err) != 0)
			return -1;
	*state_out = search.found ? BD_UNIT_ENABLED : BD_UNIT_NOW_ENABLED;
	if (search.found)
		return 0;
	say_enabled(job, name);
	for (size_t i = job->service->early ? 4 : 0; i < (job->service->early ? 5 : 4); i++) {
		BD_FREE char *link = NULL;
		if (bd_text_format(&link, err, "%s/S13%s", runlevels[i], name) != 0 ||
		    bd_overlay_put_symlink(job->overlay, link, target, err) != 0)
			return -1;
	}
	return 0;
}

static int enable_by_scripts(const struct job *job, enum bd_unit_state *state_out, struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(inits) / sizeof(*inits); i++) {
		bool there;
		if (bd_overlay_exists(job->overlay, inits[i].late, &there, err) != 0)
			return -1;
		if (there)
			return enable_by_init(job, &inits[i], state_out, err);
	}
	return enable_by_sysvinit(job, state_out, err);
}

int bd_service_enable(const struct bd_system *system, const struct bd_overlay *overlay,
		      const struct bd_service *service, const char *who, enum bd_unit_state *state_out,
		      struct bd_error *err)
{
	const struct job job = { overlay, service, who };

	*state_out = BD_UNIT_MISSING;
	if (!overlay->root)
		return 0;
	if (system->systemd)
		return service->unit ? enable_by_systemd(&job, state_out, err) : 0;
	return service->script ? enable_by_scripts(&job, state_out, err) : 0;
}
