/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distinguishes a guest that was renamed while running from a copied config. */
#include "ops/guest/renamed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "ops/host/boot.h"
#include "xlcfg/folder.h"

#define SYSTEM_FOLDER BD_SYSCONFDIR "/xen"

/* A folder that cannot be read may have anything in it. */
static bool may_claim(const char *folder, const char *name)
{
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs cfgs = { 0 };
	struct bd_error problem = BD_ERROR_INIT;

	if (bd_cfgs_read(folder, &cfgs, &problem) != 0)
		return problem.code != ENOENT;
	return bd_cfgs_find(&cfgs, name) != NULL;
}

bool guest_is_renamed(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain)
{
	char folder[PATH_MAX];

	if (!domain || !cfg->has_uuid || memcmp(domain->uuid, cfg->uuid, sizeof(cfg->uuid)) != 0 ||
	    strcmp(domain->name, cfg->name) == 0 || domains_has_no_name(domain) || domains_has_kept_name(domain, cfg))
		return false;
	bd_path_folder(cfg->path, folder);
	return !may_claim(folder, domain->name) && !may_claim(SYSTEM_FOLDER, domain->name);
}

bool guest_find_renamed(const char *name, const char *dir, char path_out[PATH_MAX])
{
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	BD_DISPOSE(domains_dispose) struct domains domains = { 0 };
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs cfgs = { 0 };
	struct bd_error ignored;

	if (bd_cfgs_read(dir ? dir : SYSTEM_FOLDER, &cfgs, &ignored) != 0 || !cfgs.count ||
	    domains_try(&boot, &domains, &ignored) != 0 || !domains.known)
		return false;
	for (size_t i = 0; i < cfgs.count; i++) {
		const struct bd_toolstack_domain *domain = domains_find(&domains, &cfgs.items[i]);
		if (!domain || strcmp(domain->name, name) != 0 || !guest_is_renamed(&cfgs.items[i], domain))
			continue;
		snprintf(path_out, PATH_MAX, "%s", cfgs.items[i].path);
		return true;
	}
	return false;
}
