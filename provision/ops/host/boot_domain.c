/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls the toolstack plugin in the order of a boot. */
#include "ops/host/boot_domain.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "ops/host/bootloader.h"
#include "ops/host/domains.h"
#include "ops/host/hotplug.h"

/* What no event tells (xl rename, a UUID that was edited, a monitor that is gone) is seen that late. */
#define LOOK_S 5

struct name_search {
	const char *name;
	const uint8_t *uuid;
	uint32_t domid;
	uint8_t found_uuid[16];
	bool by_domid, found;
};

static bool is_it(const struct name_search *search, const struct bd_toolstack_domain *domain)
{
	return search->name ? strcmp(domain->name, search->name) == 0 : domain->domid == search->domid;
}

static const struct bd_toolstack_domain *find(const struct domains *domains, const struct name_search *search)
{
	if (!search->name && !search->by_domid) {
		/* Of several the one that runs: beside it may be what is kept of the one before. */
		struct bd_cfg by_uuid = { .has_uuid = true };
		memcpy(by_uuid.uuid, search->uuid, sizeof(by_uuid.uuid));
		return domains_find(domains, &by_uuid);
	}
	for (size_t i = 0; i < domains->count; i++)
		if (is_it(search, &domains->items[i]))
			return &domains->items[i];
	return NULL;
}

/* Opens, looks through the domains, closes: create() must not run between open() and close(). */
static int search_domains(struct boot *boot, struct name_search *search, struct bd_error *err)
{
	BD_DISPOSE(domains_dispose) struct domains domains = { 0 };

	if (domains_read(boot, &domains, err) != 0)
		return -1;
	const struct bd_toolstack_domain *domain = find(&domains, search);
	search->found = domain != NULL;
	if (domain) {
		search->domid = domain->domid;
		memcpy(search->found_uuid, domain->uuid, 16);
	}
	return 0;
}

int boot_check_name(struct boot *boot, const char *name, struct bd_error *err)
{
	struct name_search search = { .name = name };

	if (search_domains(boot, &search, err) != 0)
		return -1;
	if (search.found)
		return bd_exists(err, "a domain %s is already running (domid %u) and was not changed", name,
				 search.domid);
	return 0;
}

int boot_check_memory(struct boot *boot, const char *name, uint64_t memory_mib, uint64_t freed_kib,
		      struct bd_error *err)
{
	struct bd_toolstack_machine machine = { .struct_size = sizeof(machine) };

	if (boot_machine(boot, &machine, err) != 0)
		return -1;
	uint64_t available_mib = (machine.available_memory_kib + freed_kib) / 1024;
	if (memory_mib <= available_mib)
		return 0;
	return bd_no_room(err,
			  "%s needs %" PRIu64 " MiB of memory, but Xen has only %" PRIu64
			  " MiB for new guests; give it less memory, or stop another guest",
			  name, memory_mib, available_mib);
}

static void begin_stage(void *context, enum bd_toolstack_stage stage)
{
	struct boot *boot = context;

	boot_stages_begin(&boot->stages, (int)stage);
	/* Its menu has the terminal for itself. */
	if (stage == BD_TOOLSTACK_STAGE_BOOTLOADER && boot->shows_boot_loader)
		bd_progress_hide();
}

int boot_create(struct boot *boot, const char *cfg_path, struct bd_error *err)
{
	struct bd_toolstack_create request = { .struct_size = sizeof(request),
					       .cfg_path = cfg_path,
					       .shows_boot_loader = boot->shows_boot_loader };
	double begin_s = bd_progress_elapsed_s();

	bd_host_let_libxl_find_bigdisk();
	boot_set_hotplug(boot);
	boot->host.context = boot;
	boot->host.stage = begin_stage;
	boot_stages_begin(&boot->stages, BD_TOOLSTACK_STAGE_CONFIG);
	int r = boot->toolstack.plugin->create(&boot->host, &request, &boot->domid, err);
	boot_stages_end(&boot->stages);
	if (r != 0)
		return -1;
	bd_debug("domain %u was created from %s", boot->domid, cfg_path);
	boot->created = true;
	boot->create_s = bd_progress_elapsed_s() - begin_s;

	struct name_search search = { .by_domid = true, .domid = boot->domid };
	if (search_domains(boot, &search, err) != 0)
		return -1;
	if (!search.found)
		return bd_fail(err, ECHILD, "the domain ended immediately; its monitor's log says why");
	memcpy(boot->uuid, search.found_uuid, sizeof(boot->uuid));
	return 0;
}

static int judge(enum bd_toolstack_wait_result result, const char *name, unsigned seconds, struct bd_error *err)
{
	switch (result) {
	case BD_TOOLSTACK_WAIT_DONE:
		return 0;
	case BD_TOOLSTACK_WAIT_TIMEOUT:
		return bd_fail(err, ETIMEDOUT,
			       "%s is running, but did not report within %u s that it is up; check xl console %s",
			       name, seconds, name);
	case BD_TOOLSTACK_WAIT_CRASHED:
		return bd_fail(err, ECHILD,
			       "%s crashed while booting; its console log is in " BD_LOCALSTATEDIR
			       "/log/xen/console, if xenconsoled logs guests",
			       name);
	case BD_TOOLSTACK_WAIT_DIED:
		return bd_fail(err, ECHILD,
			       "%s shut down while booting; its console log is in " BD_LOCALSTATEDIR
			       "/log/xen/console, if xenconsoled logs guests",
			       name);
	}
	return bd_fail(err, EINVAL, "the toolstack plugin gave an unexpected answer");
}

int boot_wait_for(const struct boot *boot, enum bd_toolstack_wait_for what, unsigned seconds,
		  enum bd_toolstack_wait_result *result_out, struct bd_error *err)
{
	const struct bd_toolstack_plugin *plugin = boot->toolstack.plugin;
	struct bd_toolstack *toolstack;

	if (boot_open(boot, &toolstack, err) != 0)
		return -1;
	int r = plugin->wait(toolstack, boot->uuid, what, seconds * 1000, result_out, err);
	plugin->close(toolstack);
	return bd_cancel_check(err) != 0 ? -1 : r;
}

int boot_wait_change(const struct boot *boot, const uint8_t uuid[16], uint64_t *seen, double longest_s,
		     struct bd_error *err)
{
	const struct bd_toolstack_plugin *plugin = boot->toolstack.plugin;
	double wait_s = longest_s > LOOK_S ? LOOK_S : longest_s > 0 ? longest_s : 0;
	struct bd_toolstack *toolstack;

	if (bd_cancel_check(err) != 0 || boot_open(boot, &toolstack, err) != 0)
		return -1;
	int r = plugin->wait_change(toolstack, uuid, seen, (unsigned)(wait_s * 1000) + 1, err);
	plugin->close(toolstack);
	return bd_cancel_check(err) != 0 ? -1 : r;
}

int boot_wait(struct boot *boot, const char *name, bool never_reports, unsigned seconds, struct bd_error *err)
{
	enum bd_toolstack_wait_result result;

	if (never_reports) {
		bd_info("%s is running, and not waited for: nothing in it reports that it is up", name);
		return bd_cancel_check(err);
	}
	bd_progress_stage("waiting for the guest to be up", 0);
	double begin_s = bd_progress_elapsed_s();
	boot_stages_begin(&boot->stages, BOOT_STAGE_GUEST);
	int r = boot_wait_for(boot, BD_TOOLSTACK_WAIT_READY, seconds, &result, err);
	boot_stages_end(&boot->stages);
	boot->wait_s = bd_progress_elapsed_s() - begin_s;
	if (r != 0 || judge(result, name, seconds, err) != 0)
		return -1;
	boot->ready = true;
	return 0;
}

int boot_destroy(struct boot *boot, struct bd_error *err)
{
	static const uint8_t unknown[16];
	const struct bd_toolstack_plugin *plugin = boot->toolstack.plugin;
	struct name_search search = { .uuid = boot->uuid,
				      .domid = boot->domid,
				      .by_domid = memcmp(boot->uuid, unknown, sizeof(unknown)) == 0 };
	struct bd_toolstack *toolstack;

	if (!boot->created)
		return 0;
	if (search_domains(boot, &search, err) != 0)
		return -1;
	if (search.found) {
		if (boot_open(boot, &toolstack, err) != 0)
			return -1;
		int r = plugin->destroy(toolstack, search.domid, err);
		plugin->close(toolstack);
		if (r != 0)
			return -1;
	}
	boot->created = false;
	return 0;
}

int boot_console(struct boot *boot, struct bd_error *err)
{
	const struct bd_toolstack_plugin *plugin = boot->toolstack.plugin;
	struct bd_toolstack *toolstack;

	if (boot_open(boot, &toolstack, err) != 0)
		return -1;
	bd_cancel_restore_ignored(); /* the client is another program */
	plugin->console(toolstack, boot->domid, err);
	plugin->close(toolstack);
	return -1;
}
