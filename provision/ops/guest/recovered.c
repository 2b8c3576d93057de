/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the toolstack what a domain has. */
#include "ops/guest/recovered.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"

static void collect(void *context, const char *text, size_t size_bytes)
{
	fwrite(text, 1, size_bytes, context);
}

int recovered_domain_text(const struct boot *boot, struct bd_toolstack *toolstack, uint32_t domid, char **text_out,
			  struct bd_error *err)
{
	struct bd_toolstack_error failure = { 0 };
	BD_FREE char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return bd_no_memory(err);
	int r = boot->toolstack.plugin->recover(toolstack, domid, collect, out, &failure);
	if (fclose(out) != 0)
		return bd_no_memory(err);
	if (r != 0)
		return boot_carry(&failure, err);
	*text_out = bd_take_ptr(text);
	return 0;
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

	bd_cfg_init(cfg);
	if (recovered_domain_text(boot, toolstack, domid, &text, &left_out) != 0 ||
	    bd_cfg_parse(text, cfg, &left_out) != 0)
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
	*recovered_out = recovered;
	recovered = (struct recovered){ 0 };
	return 0;
}
