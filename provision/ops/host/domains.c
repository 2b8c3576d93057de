/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the toolstack for the domains. */
#include "ops/host/domains.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

void domains_dispose(struct domains *domains)
{
	free(domains->items);
	*domains = (struct domains){ 0 };
}

/* known is taken back when there is no memory for them all. */
static int keep(void *context, const struct bd_toolstack_domain *domain)
{
	struct domains *domains = context;
	struct bd_error none;

	if (bd_array_grow(domains->items, domains->count, &none) != 0) {
		domains->known = false;
		return 1;
	}
	domains->items[domains->count++] = *domain;
	return 0;
}

static int ask(struct boot *boot, struct domains *domains, struct bd_error *err)
{
	const struct bd_toolstack_plugin *plugin = boot->toolstack.plugin;
	struct bd_toolstack *toolstack;

	if (boot_open(boot, &toolstack, err) != 0)
		return -1;
	domains->known = true;
	int r = plugin->list(toolstack, keep, domains, err);
	plugin->close(toolstack);
	if (r != 0)
		return -1;
	return domains->known ? 0 : bd_no_memory(err);
}

int domains_read(struct boot *boot, struct domains *domains_out, struct bd_error *err)
{
	struct domains domains = { 0 };

	if (!boot->toolstack.plugin && boot_load(boot, err) != 0)
		return -1;
	if (ask(boot, &domains, err) != 0) {
		domains_dispose(&domains);
		return -1;
	}
	*domains_out = domains;
	return 0;
}

int domains_try(struct boot *boot, struct domains *domains_out, struct bd_error *err)
{
	struct bd_xen_version version;

	*domains_out = (struct domains){ 0 };
	if (bd_xen_running(&version, err) != 0 || (!secure_getenv("XEN_BIGDISK_TOOLSTACK") && geteuid() != 0))
		return 0;
	return domains_read(boot, domains_out, err);
}

bool domains_is_alive(const struct bd_toolstack_domain *domain)
{
	return domain && (domain->state == BD_TOOLSTACK_RUNNING ||
			  (domain->state == BD_TOOLSTACK_PAUSED && domain->cpu_time_ns > 0));
}

bool domains_has_ended(const struct bd_toolstack_domain *domain)
{
	return domain->state == BD_TOOLSTACK_SHUTDOWN || domain->state == BD_TOOLSTACK_DYING;
}

bool domains_has_kept_name(const struct bd_toolstack_domain *domain, const struct bd_cfg *cfg)
{
	size_t length = cfg->name ? strlen(cfg->name) : 0;

	return length && strncmp(domain->name, cfg->name, length) == 0 &&
	       (fnmatch(BD_TOOLSTACK_KEPT_TO_MINUTE, domain->name + length, 0) == 0 ||
		fnmatch(BD_TOOLSTACK_KEPT_TO_SECOND, domain->name + length, 0) == 0);
}

static bool is_kept(const struct bd_toolstack_domain *domain, const struct bd_cfg *cfg)
{
	return domain->state == BD_TOOLSTACK_SHUTDOWN && domains_has_kept_name(domain, cfg);
}

/* The liveliest counts. */
static int rank(const struct bd_toolstack_domain *domain, const struct bd_cfg *cfg)
{
	switch (domain->state) {
	case BD_TOOLSTACK_RUNNING:
	case BD_TOOLSTACK_PAUSED:
		return 3;
	case BD_TOOLSTACK_SHUTDOWN:
		return is_kept(domain, cfg) ? 0 : 2;
	case BD_TOOLSTACK_DYING:
		break;
	}
	return 1;
}

const struct bd_toolstack_domain *domains_find(const struct domains *domains, const struct bd_cfg *cfg)
{
	const struct bd_toolstack_domain *found = NULL;

	for (size_t i = 0; i < domains->count; i++) {
		const struct bd_toolstack_domain *domain = &domains->items[i];
		bool same = cfg->has_uuid ? memcmp(domain->uuid, cfg->uuid, sizeof(cfg->uuid)) == 0
					  : cfg->name && strcmp(domain->name, cfg->name) == 0;
		if (same && domain->domid != 0 && (!found || rank(domain, cfg) > rank(found, cfg)))
			found = domain;
	}
	return found;
}

/* While a domain is made it has no name yet, which libxl's list calls so. */
#define NO_NAME "(null)"

bool domains_has_no_name(const struct bd_toolstack_domain *domain)
{
	return strcmp(domain->name, NO_NAME) == 0;
}

const struct bd_toolstack_domain *domains_find_doubtful(const struct domains *domains, const struct bd_cfg *cfg)
{
	if (!cfg->has_uuid || !cfg->name)
		return NULL;
	for (size_t i = 0; i < domains->count; i++) {
		const struct bd_toolstack_domain *domain = &domains->items[i];
		bool same_uuid = memcmp(domain->uuid, cfg->uuid, sizeof(cfg->uuid)) == 0;
		bool same_name = strcmp(domain->name, cfg->name) == 0;
		if (domain->domid != 0 && domain->state != BD_TOOLSTACK_DYING && same_uuid != same_name &&
		    !domains_has_no_name(domain) && !is_kept(domain, cfg))
			return domain;
	}
	return NULL;
}

const char *domains_state(const struct domains *domains, const struct bd_toolstack_domain *domain)
{
	if (!domains->known)
		return "unknown";
	if (!domain)
		return "stopped";
	switch (domain->state) {
	case BD_TOOLSTACK_RUNNING:
		return "running";
	case BD_TOOLSTACK_PAUSED:
		return "paused";
	case BD_TOOLSTACK_SHUTDOWN:
		return "shutdown";
	case BD_TOOLSTACK_DYING:
		return "dying";
	}
	return "unknown";
}
