/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the toolstack for a domain's settings. */
#include "ops/guest/recovered.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static void collect(void *context, const char *text, size_t size_bytes)
{
	fwrite(text, 1, size_bytes, context);
}

static int domain_text(const struct boot *boot, struct bd_toolstack *toolstack, uint32_t domid, char **text_out,
		       struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return bd_no_memory(err);
	int r = boot->toolstack.plugin->recover(toolstack, domid, collect, out, err);
	if (fclose(out) != 0)
		return bd_no_memory(err);
	if (r != 0)
		return -1;
	*text_out = bd_take_ptr(text);
	return 0;
}

static const struct bd_toolstack_domain *find_domain(const struct domains *domains, const char *argument)
{
	for (size_t i = 0; i < domains->count; i++)
		if (domains->items[i].domid != 0 && strcmp(domains->items[i].name, argument) == 0)
			return &domains->items[i];
	for (size_t i = 0; i < domains->count; i++) {
		char domid[16];
		snprintf(domid, sizeof(domid), "%" PRIu32, domains->items[i].domid);
		if (domains->items[i].domid != 0 && strcmp(domid, argument) == 0)
			return &domains->items[i];
	}
	return NULL;
}

static int find_text(struct boot *boot, const char *argument, struct domains *domains, char **text_out,
		     struct bd_error *err)
{
	struct bd_toolstack *toolstack;

	if (domains_read(boot, domains, err) != 0)
		return -1;
	const struct bd_toolstack_domain *domain = find_domain(domains, argument);
	if (!domain)
		return bd_not_found(err, "there is no domain %s", argument);
	if (boot_open(boot, &toolstack, err) != 0)
		return -1;
	int r = domain_text(boot, toolstack, domain->domid, text_out, err);
	boot->toolstack.plugin->close(toolstack);
	return r;
}

int recovered_domain_find(const char *name_or_domid, char **text_out, struct bd_error *err)
{
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	BD_DISPOSE(domains_dispose) struct domains domains = { 0 };

	return find_text(&boot, name_or_domid, &domains, text_out, err);
}

void recovered_dispose(struct recovered *recovered)
{
	for (size_t i = 0; i < recovered->count; i++)
		bd_cfg_dispose(&recovered->cfgs[i]);
	free(recovered->cfgs);
	free(recovered->domids);
	*recovered = (struct recovered){ 0 };
}

static void add(const struct boot *boot, struct bd_toolstack *toolstack, uint32_t domid, struct recovered *recovered)
{
	struct bd_cfg *cfg = &recovered->cfgs[recovered->count];
	struct bd_error left_out;
	BD_FREE char *text = NULL;

	if (domain_text(boot, toolstack, domid, &text, &left_out) != 0 || bd_cfg_parse(text, cfg, &left_out) != 0)
		return;
	recovered->domids[recovered->count++] = domid;
}

int recovered_read(const struct boot *boot, const struct domains *domains, struct recovered *recovered_out,
		   struct bd_error *err)
{
	BD_DISPOSE(recovered_dispose) struct recovered recovered = { 0 };
	struct bd_toolstack *toolstack;

	recovered.cfgs = calloc(domains->count + 1, sizeof(*recovered.cfgs));
	recovered.domids = calloc(domains->count + 1, sizeof(*recovered.domids));
	if (!recovered.cfgs || !recovered.domids)
		return bd_no_memory(err);
	if (boot_open(boot, &toolstack, err) != 0)
		return -1;
	for (size_t i = 0; i < domains->count; i++)
		if (domains->items[i].domid != 0)
			add(boot, toolstack, domains->items[i].domid, &recovered);
	boot->toolstack.plugin->close(toolstack);
	*recovered_out = bd_take_struct(recovered);
	return 0;
}
