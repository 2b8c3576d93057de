/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has the toolstack plugin check a config. */
#include "ops/guest/cfg_check.h"

#include "base/log.h"

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

static void warn_line(void *context, enum bd_toolstack_log_level level, const char *line)
{
	(void)context;
	(void)level;
	bd_warn("%s", line);
}

static int describe(const struct bd_loaded_toolstack *toolstack, const char *cfg_path,
		    void (*log)(void *, enum bd_toolstack_log_level, const char *), cfg_emit *emit, void *context,
		    struct bd_error *err)
{
	const struct bd_toolstack_host host = {
		.struct_size = sizeof(host), .log = log, .cancel_fd = -1, .log_dir = BD_LOCALSTATEDIR "/log/xen"
	};

	return toolstack->plugin->describe(&host, cfg_path, emit, context, err);
}

int cfg_describe(const struct bd_loaded_toolstack *toolstack, const char *cfg_path, cfg_emit *emit, void *context,
		 struct bd_error *err)
{
	return describe(toolstack, cfg_path, warn_line, emit, context, err);
}

int cfg_check(const struct bd_loaded_toolstack *toolstack, const char *cfg_path, struct bd_error *err)
{
	return describe(toolstack, cfg_path, ignore_line, ignore_text, NULL, err);
}
