/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens guests by their names, and finds their domains. */
#include "ops/guest/names.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"
#include "ops/guest/cfg_path.h"
#include "ops/guest/renamed.h"
#include "ops/guest/xendomains.h"
#include "ops/host/domains.h"
#include "xlcfg/folder.h"

/* The folder is resolved, the file is not: a link to a cfg is not the cfg. */
static int make_absolute(const char *path, char absolute_out[PATH_MAX], struct bd_error *err)
{
	char folder[PATH_MAX], real[PATH_MAX];

	bd_path_folder(path, folder);
	if (!realpath(folder, real))
		return bd_fail_errno(err, "cannot find the directory %s", folder);
	int n = snprintf(absolute_out, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, bd_path_last(path));
	return n < PATH_MAX ? 0 : bd_fail(err, ENAMETOOLONG, "the path %s is too long", path);
}

/* Nobody knows whose a cfg is that cannot be read, so that the guest is not known to be absent. */
static int fail_unknown(const char *unreadable, struct bd_error *err)
{
	const struct bd_error unknown = { .code = EINVAL, .kind = BD_KIND_NOT_FOUND };

	return bd_fail_as(err, &unknown, "%s; or it is this one, whose config cannot be read: %s", err->message,
			  unreadable);
}

/* A guest whose cfg has another file name. 1: there is none, and err stays, or says why that is not certain. */
static int find_by_name(const char *name, const char *dir, char path_out[PATH_MAX], struct bd_error *err)
{
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs cfgs = { 0 };
	struct bd_error problem;
	const char *found = NULL;

	if (bd_cfgs_read(dir ? dir : BD_SYSCONFDIR "/xen", &cfgs, &problem) != 0) {
		if (problem.code == ENOENT)
			return 1;
		return bd_fail(err, problem.code, "cannot tell whether there is a guest %s: %s", name,
			       problem.message);
	}
	if (!bd_cfgs_find(&cfgs, name)) {
		if (cfgs.unreadable_count)
			fail_unknown(cfgs.unreadable[0], err);
		return 1;
	}
	for (size_t i = 0; i < cfgs.count; i++) {
		if (strcmp(cfgs.items[i].name, name) != 0)
			continue;
		if (found)
			return bd_fail(err, EINVAL, "both %s and %s are configs of %s; give the path of one", found,
				       cfgs.items[i].path, name);
		found = cfgs.items[i].path;
	}
	snprintf(path_out, PATH_MAX, "%s", found);
	return 0;
}

/* The file has another guest's name; NULL: it has this one's, or none, or cannot be read, which is its own error. */
static char *name_of_other(const char *argument, const char *path)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	struct bd_error ignored;

	if (bd_cfg_read(path, &cfg, &ignored) != 0 || !cfg.name || strcmp(cfg.name, argument) == 0)
		return NULL;
	return strdup(cfg.name);
}

int guest_cfg_path(const char *argument, const char *dir, char path_out[PATH_MAX], struct bd_error *err)
{
	char path[PATH_MAX], absolute[PATH_MAX];
	bool is_file = bd_cfg_path(argument, dir, path, err) == 0;
	BD_FREE char *other = is_file && !bd_cfg_is_path(argument) ? name_of_other(argument, path) : NULL;

	if (is_file && !other) {
		memcpy(path_out, path, sizeof(path));
		return 0;
	}
	if (!is_file && (err->kind != BD_KIND_NOT_FOUND || bd_cfg_is_path(argument)))
		return -1;
	int r = find_by_name(argument, dir, path_out, err);
	if (r <= 0 || guest_find_renamed(argument, dir, path_out))
		return r < 0 ? -1 : 0;
	if (!other || make_absolute(path, absolute, err) != 0)
		return -1;
	return bd_fail(err, EINVAL, "%s is the config of %s; give its path if you mean that guest", absolute, other);
}

int guest_open(const char *argument, const char *dir, struct bd_cfg *cfg_out, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	char path[PATH_MAX], absolute[PATH_MAX];

	if (guest_cfg_path(argument, dir, path, err) != 0 || make_absolute(path, absolute, err) != 0 ||
	    bd_cfg_read(absolute, &cfg, err) != 0)
		return -1;
	if (!cfg.name)
		return bd_fail(err, EINVAL, "%s is not a guest's config: it has no name", absolute);
	*cfg_out = bd_take_struct(cfg);
	return 0;
}

/* Whether it is the guest cannot be told, so that nothing is done to it, nor to the guest's files. */
static int fail_doubtful(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct bd_error *err)
{
	char uuid[BD_UUID_TEXT_SIZE];

	bd_format_uuid(domain->uuid, uuid);
	if (strcmp(domain->name, cfg->name) == 0)
		return bd_in_use(
			err,
			"domain %u is called %s too, but its UUID is %s and not that of %s (was the config changed "
			"while the guest ran?); put that UUID into the config, or stop the domain: xl shutdown %u",
			domain->domid, domain->name, uuid, cfg->path, domain->domid);
	if (guest_is_renamed(cfg, domain))
		return bd_in_use(
			err,
			"%s runs as domain %u by another name, %s (UUID %s, %s); give it its own name again: xl "
			"rename %s %s, or stop it: xl shutdown %u",
			cfg->name, domain->domid, domain->name, uuid, cfg->path, domain->name, cfg->name,
			domain->domid);
	return bd_in_use(
		err,
		"domain %u, %s, has the UUID of %s (is the config a copy of another one's?); give %s a UUID of its "
		"own (uuidgen), or stop the domain: xl shutdown %u",
		domain->domid, domain->name, cfg->name, cfg->path, domain->domid);
}

/* renamed_too: also by the name that xl rename gave it. */
static int find_domain(struct boot *boot, const struct bd_cfg *cfg, bool renamed_too,
		       struct bd_toolstack_domain *domain_out, bool *found_out, struct bd_error *err)
{
	BD_DISPOSE(domains_dispose) struct domains domains = { 0 };

	if (domains_read(boot, &domains, err) != 0)
		return -1;
	const struct bd_toolstack_domain *domain = domains_find(&domains, cfg);
	const struct bd_toolstack_domain *doubtful = domains_find_doubtful(&domains, cfg);
	if (doubtful && !(renamed_too && doubtful == domain && guest_is_renamed(cfg, doubtful)))
		return fail_doubtful(cfg, doubtful, err);
	*found_out = domain != NULL;
	if (domain) {
		*domain_out = *domain;
		boot->domid = domain->domid;
		memcpy(boot->uuid, domain->uuid, sizeof(boot->uuid));
	}
	return 0;
}

int guest_domain(struct boot *boot, const struct bd_cfg *cfg, struct bd_toolstack_domain *domain_out, bool *found_out,
		 struct bd_error *err)
{
	return find_domain(boot, cfg, true, domain_out, found_out, err);
}

int guest_running(struct boot *boot, const struct bd_cfg *cfg, struct bd_toolstack_domain *domain_out,
		  struct bd_error *err)
{
	bool found;

	if (guest_domain(boot, cfg, domain_out, &found, err) != 0)
		return -1;
	if (found)
		return 0;
	bd_fail(err, ESRCH, "%s is not running; start it", cfg->name);
	return bd_set_field(err, GUEST_REMEDY_START);
}

int guest_fail_running(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct bd_error *err)
{
	if (domain->state == BD_TOOLSTACK_DYING)
		return bd_in_use(err, "%s (domain %u) is being destroyed; try again in a moment", cfg->name,
				 domain->domid);
	if (domain->state == BD_TOOLSTACK_SHUTDOWN) {
		bd_in_use(
			err,
			"%s has ended, but its domain is still there, as %s (domain %u); destroy what is left of it",
			cfg->name, domain->name, domain->domid);
		return bd_set_field(err, GUEST_REMEDY_DESTROY);
	}
	bd_in_use(err, "%s is running (domain %u) and was not changed; stop it first", cfg->name, domain->domid);
	return bd_set_field(err, GUEST_REMEDY_STOP);
}

int guest_fail_saved(const struct bd_cfg *cfg, const char *saved_path, struct bd_error *err)
{
	return bd_in_use(
		err,
		"%s is saved in %s, and its disk is to be used by that state only; bring it back: xl restore %s && "
		"rm %s (xendomains does it when dom0 boots), or give the state up, as if the plug had been "
		"pulled: rm %s",
		cfg->name, saved_path, saved_path, saved_path, saved_path);
}

int guest_domain_try(struct boot *boot, const struct bd_cfg *cfg, struct bd_toolstack_domain *domain_out,
		     bool *found_out, struct bd_error *err)
{
	struct bd_xen_version version;

	*found_out = false;
	if (bd_xen_running(&version, err) != 0) {
		if (err->kind == BD_KIND_NO_HYPERVISOR)
			return 0;
	} else if (find_domain(boot, cfg, false, domain_out, found_out, err) == 0) {
		return 0;
	}
	return bd_wrap(err, "cannot tell whether %s runs", cfg->name);
}

int guest_check_stopped(struct boot *boot, const struct bd_cfg *cfg, struct bd_error *err)
{
	struct bd_toolstack_domain domain;
	char saved[PATH_MAX];
	bool found;

	if (guest_domain_try(boot, cfg, &domain, &found, err) != 0)
		return -1;
	if (found)
		return guest_fail_running(cfg, &domain, err);
	return xendomains_saved(cfg, saved) == SAVED ? guest_fail_saved(cfg, saved, err) : 0;
}

int guest_check_can_be_named(struct boot *boot, const struct bd_cfg *cfg, const char *new_name, struct bd_error *err)
{
	const struct bd_cfg by_name = { .name = (char *)(uintptr_t)new_name };
	struct bd_toolstack_domain domain;
	bool found;

	if (guest_check_stopped(boot, cfg, err) != 0 || guest_domain_try(boot, &by_name, &domain, &found, err) != 0)
		return -1;
	return found ? bd_exists(err, "a domain %s is running (domain %u)", new_name, domain.domid) : 0;
}
