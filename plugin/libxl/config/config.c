/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which the keys are read, and what is odd about them. */
#include "libxl/config/config.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "libxl/config/boot.h"
#include "libxl/config/devices/devices.h"
#include "libxl/config/guest.h"
#include "libxl/config/hvm.h"
#include "libxl/config/reader.h"
#include "libxl/config/resources.h"
#include "libxl/config/set_string.h"
#include "libxl/config/table.h"
#include "libxl/config/values.h"

/* xl says nothing of a key that it does not know, be it xm's or a typing error. */
static void warn_of_key(struct bd_reader *reader, const struct bd_key_use *use, bool seen)
{
	const struct bd_key *key = bd_key_find(use->name);
	libxl_domain_type type = reader->config->c_info.type;
	if (seen)
		return;
	if (!key)
		bd_reader_warn_at(reader, use->line, "unknown key \"%.60s\": ignored, as xl does", use->name);
	else if (reader->has_type && !bd_key_goes_with_type(reader, key))
		bd_reader_warn_at(reader, use->line,
				  "%s has no meaning for a guest of type \"%s\": ignored, as xl does", use->name,
				  libxl_domain_type_to_string(type));
}

/* The number of the use before use i of the same key; i: there is none. */
static size_t use_before(const struct bd_source *source, size_t i)
{
	for (size_t j = i; j > 0; j--)
		if (!strcmp(source->keys.items[j - 1].name, source->keys.items[i].name))
			return j - 1;
	return i;
}

static void warn_of_keys(struct bd_reader *reader)
{
	const struct bd_source *source = &reader->source;
	for (size_t i = 0; i < source->keys.count; i++) {
		const struct bd_key_use *use = &source->keys.items[i];
		size_t before = use_before(source, i);
		warn_of_key(reader, use, before != i);
		if (before != i && !use->adds)
			bd_reader_warn_at(reader, use->line,
					  "%s is set twice: the value of line %u is ignored, as xl does", use->name,
					  source->keys.items[before].line);
	}
	if (source->keys.octal_line)
		bd_reader_warn_at(reader, source->keys.octal_line,
				  "xl drops octal escapes (\\1...) from strings: write the character itself");
}

static int check_use(const struct bd_source *source, size_t i, struct bd_error *err)
{
	const struct bd_key_use *use = &source->keys.items[i];
	/* The scanner and libxlutil must see the same keys. */
	if (xlu_cfg_get_string(source->xlu, use->name, &(const char *){ NULL }, 1) == ESRCH)
		return bd_fail(err, EINVAL, "%s:%u: cannot read \"%s\"", source->path, use->line, use->name);
	return 0;
}

static int check_keys(struct bd_reader *reader, struct bd_error *err)
{
	const struct bd_source *source = &reader->source;
	for (size_t i = 0; i < source->keys.count; i++)
		if (bd_try(reader, check_use(source, i, err), err))
			return -1;
	return 0;
}

/* What xl sets before it looks at the keys, and libxl would not. */
static int apply_defaults(struct bd_reader *reader, struct bd_error *err)
{
	const struct bd_xlconf *xlconf = reader->env->xlconf;
	libxl_domain_config *config = reader->config;

	libxl_defbool_set(&config->c_info.run_hotplug_scripts, xlconf->run_hotplug_scripts);
	libxl_defbool_set(&config->b_info.claim_mode, xlconf->claim_mode);
	config->b_info.max_grant_frames = xlconf->max_grant_frames;
	config->b_info.max_maptrack_frames = xlconf->max_maptrack_frames;
	config->b_info.max_grant_version = xlconf->max_grant_version;
	config->on_poweroff = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
	config->on_reboot = LIBXL_ACTION_ON_SHUTDOWN_RESTART;
	config->on_watchdog = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
	config->on_crash = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
	config->on_soft_reset = LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET;
#ifdef LIBXL_HAVE_BOOTLOADER_RESTRICT
	config->b_info.bootloader_restrict = xlconf->bootloader_restrict;
#endif
	if (xlconf->blkdev_start)
		return bd_set_string(&config->b_info.blkdev_start, xlconf->blkdev_start, err);
	return 0;
}

/* After vnuma, which may set it. */
static void resolve_memory(struct bd_reader *reader)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	if (build->max_memkb == LIBXL_MEMKB_DEFAULT)
		build->max_memkb = build->target_memkb;
	if (build->target_memkb != LIBXL_MEMKB_DEFAULT && build->max_memkb < build->target_memkb)
		bd_reader_warn(reader, "maxmem", "maxmem is less than memory");
}

static void check_device_model(struct bd_reader *reader)
{
	if (reader->config->b_info.device_model && !bd_is_used(reader, "device_model_version"))
		bd_reader_warn(reader, "device_model_override",
			       "device_model_override is there, and device_model_version does not say which it is");
}

/* In xl's order. Only what is wrong with the host ends it early. */
static int read_all(struct bd_reader *reader, struct bd_error *err)
{
	if (check_keys(reader, err) || bd_read_identity(reader, err))
		return -1;
	libxl_domain_build_info_init_type(&reader->config->b_info, reader->config->c_info.type);
	warn_of_keys(reader);
	if (apply_defaults(reader, err) || bd_read_table(reader, err))
		return -1;
	check_device_model(reader);
	if (bd_try(reader, bd_read_vcpus(reader, err), err))
		return -1;
	resolve_memory(reader);
	if (bd_try(reader, bd_read_affinity(reader, err), err) || bd_try(reader, bd_read_boot(reader, err), err) ||
	    bd_try(reader, bd_read_resources(reader, err), err) || bd_read_devices(reader, err) ||
	    bd_try(reader, bd_read_cpuid(reader, err), err))
		return -1;
	if (reader->config->c_info.type == LIBXL_DOMAIN_TYPE_HVM && bd_try(reader, bd_read_hvm(reader, err), err))
		return -1;
	return bd_faults_end(&reader->faults, err);
}

int bd_config_read(const char *path, const struct bd_config_env *env, libxl_domain_config *config_out,
		   struct bd_error *err)
{
	struct bd_reader reader = { .env = env, .config = config_out };
	if (bd_source_read(&reader.source, path, err))
		return -1;
	int r = read_all(&reader, err);
	bd_source_dispose(&reader.source);
	return r;
}
