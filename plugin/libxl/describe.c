/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints a config as JSON, in the same text as `xl create --dryrun`. It is the only place apart from base/json.c
 * that writes with yajl, because libxl prints its structs only to a yajl_gen. */
#include "libxl/describe.h"

#include <errno.h>

#include <libxl.h>
#include <libxl_json.h>

#include "base/cleanup.h"
#include "libxl/config/config.h"

static void warn(void *context, const char *line)
{
	const struct bd_toolstack_host *host = context;
	host->log(host->context, BD_TOOLSTACK_LOG_WARNING, line);
}

static int emit_json(libxl_domain_config *config, bd_emit_fn *emit, void *context, struct bd_error *err)
{
	const unsigned char *text;
	libxl_yajl_length size = 0;
	yajl_gen gen = libxl_yajl_gen_alloc(NULL);
	if (!gen)
		return bd_no_memory(err);
	yajl_gen_status status = libxl_domain_config_gen_json(gen, config);
	if (status == yajl_gen_status_ok)
		status = yajl_gen_get_buf(gen, &text, &size);
	if (status == yajl_gen_status_ok)
		emit(context, (const char *)text, size);
	yajl_gen_free(gen);
	if (status != yajl_gen_status_ok)
		return bd_fail(err, EIO, "cannot write the config as JSON: yajl's error %d", (int)status);
	return 0;
}

int bd_describe(const struct bd_toolstack_host *host, const char *cfg_path, bd_emit_fn *emit, void *context,
		struct bd_error *err)
{
	BD_DISPOSE(bd_xlconf_dispose) struct bd_xlconf xlconf = { 0 };
	if (bd_xlconf_read(&xlconf, err))
		return -1;

	/* Where Xen runs, its number of CPUs is what "all" means; where not, the config can be read all the same. */
	BD_DISPOSE(bd_xen_close) struct bd_xen xen = { 0 };
	(void)bd_xen_open(&xen, NULL, &(struct bd_error)BD_ERROR_INIT);

	struct bd_config_env env = {
		.xlconf = &xlconf, .ctx = xen.ctx, .warn = warn, .context = (void *)(uintptr_t)host
	};
	BD_DISPOSE(libxl_domain_config_dispose) libxl_domain_config config;
	libxl_domain_config_init(&config);
	if (bd_config_read(cfg_path, &env, &config, err))
		return -1;
	return emit_json(&config, emit, context, err);
}
