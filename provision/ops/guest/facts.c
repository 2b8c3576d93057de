/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers the facts about guests. */
#include "ops/guest/facts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/text.h"
#include "ops/guest/autostart.h"
#include "ops/guest/monitor.h"
#include "ops/guest/names.h"
#include "ops/guest/renamed.h"
#include "virtual_disk/header.h"
#include "xlcfg/boot.h"
#include "xlcfg/folder.h"

void guests_dispose(struct guests *guests)
{
	for (size_t i = 0; guests->items && i < guests->count; i++)
		guest_devices_dispose(&guests->items[i].devices);
	free(guests->items);
	bd_cfgs_dispose(&guests->cfgs);
	domains_dispose(&guests->domains);
	boot_dispose(&guests->boot);
	*guests = (struct guests){ 0 };
}

/* Names come from files and domains that others made. */
static void warn_safely(const char *message)
{
	BD_FREE char *clean = bd_printable(message);

	bd_warn("%s", clean ? clean : "out of memory");
}

static struct guest_facts *next_item(struct guests *guests)
{
	struct guest_facts *facts = &guests->items[guests->count++];

	*facts = (struct guest_facts){ 0 };
	return facts;
}

static void take_domain(const struct guests *guests, const struct bd_toolstack_domain *domain,
			struct guest_facts *facts)
{
	facts->domain = domain;
	facts->state = domains_state(&guests->domains, domain);
	if (!domain)
		return;
	facts->memory_bytes = domain->memory_kib * 1024;
	facts->vcpus = domain->vcpus;
}

/* Without the prefix length. What is no address is nothing: a cfg may be written by hand. */
static void take_address(const char *text, int family, char address_out[GUEST_ADDRESS_SIZE])
{
	struct in6_addr parsed; /* of the larger family */

	snprintf(address_out, GUEST_ADDRESS_SIZE, "%.*s", (int)strcspn(text, "/,"), text);
	if (inet_pton(family, address_out, &parsed) != 1)
		address_out[0] = '\0';
}

static void take_cfg(const struct guests *guests, const struct bd_cfg *cfg, struct guest_facts *facts)
{
	facts->cfg = cfg;
	facts->name = cfg->name;
	if (__builtin_mul_overflow(cfg->memory_mib, (uint64_t)1 << 20, &facts->memory_bytes))
		facts->memory_bytes = 0;
	facts->vcpus = cfg->vcpus ? cfg->vcpus : 1;
	if (cfg->address)
		take_address(cfg->address, AF_INET, facts->address);
	if (cfg->address6)
		take_address(cfg->address6, AF_INET6, facts->address6);
	take_domain(guests, domains_find(&guests->domains, cfg), facts);
	facts->is_renamed = guest_is_renamed(cfg, facts->domain);
	if (!facts->domain && guests->domains.known)
		facts->saved = xendomains_saved(cfg, facts->saved_path);
	if (facts->saved == SAVED)
		facts->state = "saved";
}

/* Guests first, so that a domain is known to have a cfg even if that is not wanted. */
static int join(struct guests *guests, bool (*wanted)(void *context, const char *name), void *context,
		bool with_others, struct bd_error *err)
{
	const struct domains *domains = &guests->domains;
	BD_FREE bool *has_cfg = calloc(domains->count + 1, sizeof(*has_cfg));

	guests->items = calloc(guests->cfgs.count + domains->count + 1, sizeof(*guests->items));
	if (!guests->items || !has_cfg)
		return bd_no_memory(err);
	for (size_t i = 0; i < guests->cfgs.count; i++) {
		const struct bd_cfg *cfg = &guests->cfgs.items[i];
		const struct bd_toolstack_domain *domain = domains_find(domains, cfg);
		if (domain)
			has_cfg[domain - domains->items] = true;
		if (wanted(context, cfg->name) ||
		    (domain && guest_is_renamed(cfg, domain) && wanted(context, domain->name)))
			take_cfg(guests, cfg, next_item(guests));
	}
	for (size_t i = 0; with_others && i < domains->count; i++) {
		const struct bd_toolstack_domain *domain = &domains->items[i];
		if (domain->domid == 0 || has_cfg[i] || !wanted(context, domain->name))
			continue;
		struct guest_facts *facts = next_item(guests);
		facts->name = domain->name;
		take_domain(guests, domain, facts);
	}
	return 0;
}

bool guest_disk_virtual_size(const struct bd_cfg *cfg, size_t number, uint64_t *bytes_out)
{
	BD_CLOSE int fd = open(cfg->disks[number], O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && bd_virtual_disk_size(fd, cfg->disk_formats[number], bytes_out);
}

int guest_disk_look(const struct bd_cfg *cfg, size_t number, struct bd_disk_facts *facts_out, struct bd_error *err)
{
	struct bd_disk_facts facts;

	if (bd_disk_look(cfg->disks[number], &facts, err) != 0)
		return -1;
	if (cfg->disk_formats[number]) {
		facts = (struct bd_disk_facts){ .is_device = facts.is_device,
						.is_sticky = facts.is_sticky,
						.allocated_bytes = facts.allocated_bytes,
						.unreadable = facts.unreadable };
		facts.has_size = guest_disk_virtual_size(cfg, number, &facts.size_bytes);
	}
	*facts_out = facts;
	return 0;
}

static void look_at_disks(struct guests *guests)
{
	struct bd_error problem;
	char message[PATH_MAX + 512];
	size_t forbidden = 0;

	for (size_t i = 0; i < guests->count; i++) {
		struct guest_facts *facts = &guests->items[i];
		if (!facts->cfg || !facts->cfg->disk_count)
			continue;
		facts->has_disk = guest_disk_look(facts->cfg, 0, &facts->disk, &problem) == 0;
		int failure = facts->has_disk ? facts->disk.unreadable : problem.code;
		if (failure == EACCES) {
			forbidden++;
		} else if (failure) {
			snprintf(message, sizeof(message), "the disk of %s: %s%s%s", facts->name,
				 facts->has_disk ? facts->cfg->disks[0] : problem.message,
				 facts->has_disk ? ": " : "", facts->has_disk ? strerror(failure) : "");
			warn_safely(message);
		}
	}
	/* One line, and not one for each guest of the host. */
	if (forbidden)
		bd_warn("no permission to read the disks of %zu guest%s: some columns are empty", forbidden,
			forbidden == 1 ? "" : "s");
}

/* What a guest says may be anything; what is no address is nothing. */
static void take_said(struct guest_facts *facts, const char *said)
{
	char text[GUEST_ADDRESS_SIZE];
	struct in_addr address;

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(said, "/ ,"), said);
	if (inet_pton(AF_INET, text, &address) != 1)
		return;
	memcpy(facts->address, text, sizeof(text));
	facts->address_is_said = true;
}

static void look_at_devices(struct guests *guests)
{
	struct bd_error ignored;
	struct bd_toolstack *toolstack = NULL;

	for (size_t i = 0; guests->domains.known && i < guests->count; i++) {
		struct guest_facts *facts = &guests->items[i];
		if (!domains_is_alive(facts->domain))
			continue;
		if (!toolstack && boot_open(&guests->boot, &toolstack, &ignored) != 0)
			return;
		guest_devices_read(&guests->boot, toolstack, facts->domain->domid, &facts->devices);
		if (facts->cfg)
			guest_pending(facts->cfg, facts->domain, &facts->devices, facts->pending);
	}
	if (toolstack)
		guests->boot.toolstack.plugin->close(toolstack);
}

static void ask_guests(struct guests *guests)
{
	const struct bd_toolstack_plugin *plugin = guests->boot.toolstack.plugin;
	struct bd_error failure;
	struct bd_toolstack *toolstack = NULL;
	char said[256];

	if (!guests->domains.known || !plugin || !plugin->guest_data)
		return;
	for (size_t i = 0; i < guests->count; i++) {
		struct guest_facts *facts = &guests->items[i];
		if (!facts->domain || facts->domain->state != BD_TOOLSTACK_RUNNING || *facts->address)
			continue;
		if (!toolstack && plugin->open(&guests->boot.host, &toolstack, &failure) != 0)
			return;
		said[0] = '\0';
		if (plugin->guest_data(toolstack, facts->domain->domid, "ipv4", said, sizeof(said), &failure) == 0)
			take_said(facts, said);
	}
	if (toolstack)
		plugin->close(toolstack);
}

static int look_at_autostart(struct guests *guests, struct bd_error *err)
{
	BD_DISPOSE(autostart_set_dispose) struct autostart_set set = { 0 };

	if (autostart_set_read(&set, err) != 0)
		return -1;
	for (size_t i = 0; i < guests->count; i++)
		if (guests->items[i].cfg)
			guests->items[i].autostart = autostart_set_has(&set, guests->items[i].cfg->path);
	return 0;
}

/* The domains. A toolstack that does not answer is no reason to show nothing. */
static int read_domains(struct guests *guests, struct bd_error *err)
{
	struct bd_error problem = BD_ERROR_INIT;

	if (domains_try(&guests->boot, &guests->domains, &problem) == 0)
		return 0;
	if (problem.code == BD_ECANCELED || problem.code == ENOMEM) {
		*err = problem;
		return -1;
	}
	bd_warn("cannot tell which guests are running: %s", problem.message);
	return 0;
}

static bool all(void *context, const char *name)
{
	(void)context;
	(void)name;
	return true;
}

/* wanted: NULL for all. */
static int gather(struct guests *guests, bool (*wanted)(void *context, const char *name), void *context,
		  bool with_others, struct bd_error *err)
{
	if (read_domains(guests, err) != 0 || join(guests, wanted ? wanted : all, context, with_others, err) != 0 ||
	    look_at_autostart(guests, err) != 0)
		return -1;
	look_at_disks(guests);
	look_at_devices(guests);
	ask_guests(guests);
	return 0;
}

int guests_read_cfgs(const char *dir, struct bd_cfgs *cfgs_out, struct bd_error *err)
{
	char folder[PATH_MAX];

	if (!dir)
		dir = BD_SYSCONFDIR "/xen";
	return realpath(dir, folder) ? bd_cfgs_read(folder, cfgs_out, err)
				     : bd_fail_lookup(err, "cannot read the directory %s", dir);
}

int guests_read(const char *dir, bool (*wanted)(void *context, const char *name), void *context,
		struct guests *guests_out, struct bd_error *err)
{
	if (guests_read_cfgs(dir, &guests_out->cfgs, err) != 0)
		return -1;
	for (size_t i = 0; i < guests_out->cfgs.unreadable_count; i++)
		warn_safely(guests_out->cfgs.unreadable[i]);
	return gather(guests_out, wanted, context, true, err);
}

/* NAME.cfg of the folder that was read cannot be read, or not be parsed. */
static bool has_unreadable(const struct guests *guests, const char *name)
{
	char file[PATH_MAX];
	int n = snprintf(file, sizeof(file), "/%s.cfg: ", name);

	for (size_t i = 0; n < (int)sizeof(file) && i < guests->cfgs.unreadable_count; i++)
		if (strstr(guests->cfgs.unreadable[i], file))
			return true;
	return false;
}

struct patterns {
	char **items;
	size_t count;
	bool *matched;
};

static bool is_wanted(void *context, const char *name)
{
	struct patterns *patterns = context;
	bool wanted = patterns->count == 0;

	for (size_t i = 0; i < patterns->count; i++)
		if (strcmp(patterns->items[i], name) == 0 || fnmatch(patterns->items[i], name, 0) == 0)
			wanted = patterns->matched[i] = true;
	return wanted;
}

/* A pattern may match nothing; a name that does not exist is a mistake, unless it is that of a file that cannot be
 * read: what is wrong with that one has been told. */
static int check_matched(const struct patterns *patterns, const char *dir, const struct guests *guests,
			 struct bd_error *err)
{
	for (size_t i = 0; i < patterns->count; i++) {
		const char *name = patterns->items[i];
		if (patterns->matched[i] || strpbrk(name, "*?["))
			continue;
		if (has_unreadable(guests, name))
			return bd_fail(err, EINVAL, "cannot tell whether there is a guest %s: %s.cfg cannot be read",
				       name, name);
		return bd_not_found(err, "there is no guest %s: no config in %s has that name, and no domain", name,
				    dir ? dir : BD_SYSCONFDIR "/xen");
	}
	return 0;
}

int guests_read_matching(const char *dir, char **items, size_t count, struct guests *guests_out, struct bd_error *err)
{
	BD_FREE bool *matched = calloc(count + 1, sizeof(*matched));
	struct patterns patterns = { items, count, matched };

	if (!matched)
		return bd_no_memory(err);
	if (guests_read(dir, is_wanted, &patterns, guests_out, err) != 0)
		return -1;
	return check_matched(&patterns, dir, guests_out, err);
}

/* As guests_read, for one config, wherever it lies. ENOENT, EINVAL. */
static int read_cfg(const char *cfg_path, struct guests *guests_out, struct bd_error *err)
{
	struct bd_cfgs *cfgs = &guests_out->cfgs;
	char path[PATH_MAX];

	if (!realpath(cfg_path, path))
		return bd_fail_lookup(err, "cannot find %s", cfg_path);
	if (bd_array_grow(cfgs->items, 0, err) != 0)
		return -1;
	cfgs->items[0] = (struct bd_cfg){ 0 };
	cfgs->count = 1;
	if (bd_cfg_read(path, &cfgs->items[0], err) != 0)
		return -1;
	if (!cfgs->items[0].name)
		return bd_fail(err, EINVAL, "%s is not a guest's config: it has no name", path);
	return gather(guests_out, NULL, NULL, false, err);
}

static bool is_name(void *context, const char *name)
{
	return strcmp(context, name) == 0;
}

int guests_read_one(const char *argument, const char *dir, struct guests *guests_out, struct bd_error *err)
{
	char path[PATH_MAX], name[256];
	struct bd_error missing = BD_ERROR_INIT;

	if (guest_cfg_path(argument, dir, path, &missing) == 0)
		return read_cfg(path, guests_out, err);
	if (missing.kind != BD_KIND_NOT_FOUND || strchr(argument, '/') || strlen(argument) >= sizeof(name)) {
		*err = missing;
		return -1;
	}
	strcpy(name, argument);
	if (guests_read(dir, is_name, name, guests_out, err) != 0)
		return -1;
	if (guests_out->count)
		return 0;
	return bd_not_found(err, "there is no guest %s: no config in %s has that name, and no domain", argument,
			    dir ? dir : BD_SYSCONFDIR "/xen");
}

const char *guest_facts_boot(const struct guest_facts *facts)
{
	const struct bd_cfg *cfg = facts->cfg;
	enum bd_guest_boot how;

	return cfg && strcmp(cfg->type, "hvm") != 0 && bd_cfg_boot(cfg, &how) ? bd_guest_boot_name(how) : NULL;
}

void guest_facts_notes(const struct guest_facts *facts, char *text_out, size_t size)
{
	if (facts->is_renamed && !guest_monitor_is_lost(facts->domain)) {
		snprintf(text_out, size, "runs as %s", facts->domain->name);
		return;
	}
	snprintf(text_out, size, "%s",
		 guest_monitor_is_lost(facts->domain) ? "no monitor"
		 : facts->saved == SAVED_STALE	      ? "stale saved state"
		 : *facts->pending		      ? "restart pending"
						      : "");
}
