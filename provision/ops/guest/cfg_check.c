/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the toolstack plugin what it makes of a cfg, for its errors only. */
#include "ops/guest/cfg_check.h"

#include "ops/host/boot.h"

static void ignore_text(void *context, const char *text, size_t size_bytes)
{
	(void)context;
	(void)text;
	(void)size_bytes;
}

static void ignore_line(void *context, enum bd_toolstack_log_level level, const char *line)
{
	(void)context;
	(void)level;
	(void)line;
}

int cfg_check(const struct bd_loaded_toolstack *toolstack, const char *cfg_path, struct bd_error *err)
{
	const struct bd_toolstack_host host = { .struct_size = sizeof(host),
						.log = ignore_line,
						.cancel_fd = -1,
						.log_dir = BD_LOCALSTATEDIR "/log/xen" };
	struct bd_toolstack_error failure = { 0, 0, "" };

	return toolstack->plugin->describe(&host, cfg_path, ignore_text, NULL, &failure) == 0
		       ? 0
		       : boot_carry(&failure, err);
}
