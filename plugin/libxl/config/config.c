/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of keys, and the order in which they are read. */
#include "libxl/config/config.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libxl/config/devices.h"
#include "libxl/config/guest.h"
#include "libxl/config/hvm.h"
#include "libxl/config/reader.h"
#include "libxl/config/set_string.h"
#include "libxl/config/values.h"
#include "libxl/config/xlkeys.h"

#define AT(member) offsetof(libxl_domain_config, member)
/* 1 PiB: more than any host has, and safe to count in KiB. */
#define MEMORY_LIMIT_MIB (1l << 30)
/* Of the names of unknown keys in a message. */
#define UNKNOWN_NAMES_LIMIT 400

/* Every key that we take. Rows without a reader belong to one of the functions of reader.h. */
static const struct bd_key keys[] = {
	{ "type", BD_ANY, NULL, 0, 0, 0, NULL },
	{ "name", BD_ANY, NULL, 0, 0, 0, NULL },
	{ "uuid", BD_ANY, NULL, 0, 0, 0, NULL },
	{ "pool", BD_ANY, bd_read_string, AT(c_info.pool_name), 0, 0, NULL },

	{ "memory", BD_ANY, bd_read_mib, AT(b_info.target_memkb), 1, MEMORY_LIMIT_MIB, NULL },
	{ "maxmem", BD_ANY, bd_read_mib, AT(b_info.max_memkb), 1, MEMORY_LIMIT_MIB, NULL },
	{ "vcpus", BD_ANY, NULL, 0, 0, 0, NULL },
	{ "maxvcpus", BD_ANY, NULL, 0, 0, 0, NULL },
	{ "cpus", BD_ANY, NULL, 0, 0, 0, NULL },
	{ "cpu_weight", BD_ANY, bd_read_int, AT(b_info.sched_params.weight), 1, 65535, NULL },
	{ "cap", BD_ANY, bd_read_int, AT(b_info.sched_params.cap), 0, INT_MAX, NULL },

	{ "max_grant_frames", BD_ANY, bd_read_int, AT(b_info.max_grant_frames), 0, INT_MAX, NULL },
	{ "max_maptrack_frames", BD_ANY, bd_read_int, AT(b_info.max_maptrack_frames), 0, INT_MAX, NULL },
	{ "max_grant_version", BD_ANY, bd_read_int, AT(b_info.max_grant_version), 0, INT_MAX, NULL },
	{ "max_event_channels", BD_ANY, bd_read_int, AT(b_info.event_channels), 0, INT_MAX, NULL },

	{ "on_poweroff", BD_ANY, bd_read_word, AT(on_poweroff), 0, 0, bd_action_words },
	{ "on_reboot", BD_ANY, bd_read_word, AT(on_reboot), 0, 0, bd_action_words },
	{ "on_watchdog", BD_ANY, bd_read_word, AT(on_watchdog), 0, 0, bd_action_words },
	{ "on_crash", BD_ANY, bd_read_word, AT(on_crash), 0, 0, bd_action_words },
	{ "on_soft_reset", BD_ANY, bd_read_word, AT(on_soft_reset), 0, 0, bd_action_words },

	{ "nomigrate", BD_ANY, bd_read_defbool, AT(b_info.disable_migrate), 0, 0, NULL },
	{ "rtc_timeoffset", BD_ANY, bd_read_int, AT(b_info.rtc_timeoffset), INT_MIN, INT_MAX, NULL },
	{ "localtime", BD_ANY, bd_read_defbool, AT(b_info.localtime), 0, 0, NULL },

	{ "kernel", BD_ANY, bd_read_string, AT(b_info.kernel), 0, 0, NULL },
	{ "ramdisk", BD_ANY, bd_read_string, AT(b_info.ramdisk), 0, 0, NULL },
	{ "cmdline", BD_ANY, NULL, 0, 0, 0, NULL },
	{ "root", BD_ANY, NULL, 0, 0, 0, NULL },
	{ "extra", BD_ANY, NULL, 0, 0, 0, NULL },
	{ "bootloader", BD_ANY, bd_read_string, AT(b_info.bootloader), 0, 0, NULL },
	{ "bootloader_args", BD_ANY, NULL, 0, 0, 0, NULL },
#ifdef LIBXL_HAVE_BOOTLOADER_RESTRICT
	{ "bootloader_restrict", BD_ANY, bd_read_defbool, AT(b_info.bootloader_restrict), 0, 0, NULL },
	{ "bootloader_user", BD_ANY, bd_read_string, AT(b_info.bootloader_user), 0, 0, NULL },
#else
	{ "bootloader_restrict", BD_ANY, NULL, 0, 0, 0, NULL },
	{ "bootloader_user", BD_ANY, NULL, 0, 0, 0, NULL },
#endif
	{ "firmware", BD_ANY, NULL, 0, 0, 0, NULL },

	{ "disk", BD_ANY, NULL, 0, 0, 0, NULL },
	{ "vif", BD_ANY, NULL, 0, 0, 0, NULL },

	{ "boot", BD_HVM, bd_read_string, AT(b_info.u.hvm.boot), 0, 0, NULL },
	{ "serial", BD_HVM, NULL, 0, 0, 0, NULL },
	{ "hdtype", BD_HVM, bd_read_word, AT(b_info.u.hvm.hdtype), 0, 0, bd_hdtype_words },
	{ "vnc", BD_HVM, bd_read_defbool, AT(b_info.u.hvm.vnc.enable), 0, 0, NULL },
	{ "vnclisten", BD_HVM, bd_read_string, AT(b_info.u.hvm.vnc.listen), 0, 0, NULL },
	{ "vncpasswd", BD_HVM, bd_read_string, AT(b_info.u.hvm.vnc.passwd), 0, 0, NULL },
	{ "vncdisplay", BD_HVM, bd_read_int, AT(b_info.u.hvm.vnc.display), 0, 59635, NULL },
	{ "vncunused", BD_HVM, bd_read_defbool, AT(b_info.u.hvm.vnc.findunused), 0, 0, NULL },
	{ "sdl", BD_HVM, bd_read_defbool, AT(b_info.u.hvm.sdl.enable), 0, 0, NULL },
	{ "nographic", BD_HVM, bd_read_defbool, AT(b_info.u.hvm.nographic), 0, 0, NULL },
	{ "keymap", BD_HVM, bd_read_string, AT(b_info.u.hvm.keymap), 0, 0, NULL },
	{ "vga", BD_HVM, bd_read_word, AT(b_info.u.hvm.vga.kind), 0, 0, bd_vga_words },
	{ "videoram", BD_HVM, bd_read_mib, AT(b_info.video_memkb), 0, 4096, NULL },
	{ "usb", BD_HVM, bd_read_defbool, AT(b_info.u.hvm.usb), 0, 0, NULL },
	{ "usbdevice", BD_HVM, NULL, 0, 0, 0, NULL },
	{ "device_model_version", BD_HVM, bd_read_word, AT(b_info.device_model_version), 0, 0,
	  bd_device_model_words },
};

static unsigned type_bit(libxl_domain_type type)
{
	return type == LIBXL_DOMAIN_TYPE_HVM ? BD_HVM : type == LIBXL_DOMAIN_TYPE_PVH ? BD_PVH : BD_PV;
}

static const struct bd_key *find_key(const char *name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

/* The keys of a config that we do not know. */
struct unknown_keys {
	char *names; /* "\"pci\", \"vfb\" (line 7)": where they stand, but for the first */
	size_t size, count, of_xl; /* of_xl: xl knows them */
	unsigned first_line;
};

static void unknown_keys_dispose(struct unknown_keys *unknown)
{
	free(unknown->names);
}

static void add_unknown(struct unknown_keys *unknown, const struct bd_key_use *use, FILE *out)
{
	if (!unknown->count++)
		unknown->first_line = use->line;
	unknown->of_xl += bd_xl_reads_key(use->name);
	/* A message has an end. */
	if (ftello(out) > UNKNOWN_NAMES_LIMIT)
		return;
	fprintf(out, "%s\"%.60s\"", unknown->count > 1 ? ", " : "", use->name);
	if (use->line != unknown->first_line)
		fprintf(out, " (line %u)", use->line);
	if (ftello(out) > UNKNOWN_NAMES_LIMIT)
		fputs(" and more", out);
}

static int collect_unknown(const struct bd_source *source, struct unknown_keys *unknown, struct bd_error *err)
{
	FILE *out = open_memstream(&unknown->names, &unknown->size);
	for (size_t i = 0; out && i < source->keys.count; i++)
		if (!find_key(source->keys.items[i].name))
			add_unknown(unknown, &source->keys.items[i], out);
	if (!out || fclose(out) != 0)
		return bd_no_memory(err);
	return 0;
}

static int refuse_unknown(const struct bd_source *source, struct bd_error *err)
{
	BD_DISPOSE(unknown_keys_dispose) struct unknown_keys unknown = { 0 };
	if (collect_unknown(source, &unknown, err))
		return -1;
	if (!unknown.count)
		return 0;
	bool several = unknown.count > 1;
	const char *noun = several ? "keys" : "key", *them = several ? "them" : "it";
	if (!unknown.of_xl)
		return bd_fail(
			err, EINVAL,
			"%s:%u: xen-bigdisk does not know the %s %s, and ignores none: correct or remove %s; xl "
			"does not know %s either, and silently ignores %s",
			source->path, unknown.first_line, noun, unknown.names, them, them, them);
	return bd_fail(
		err, EINVAL,
		"%s:%u: xen-bigdisk does not know the %s %s, and ignores none: remove %s, or use \"xl create %s\", "
		"which takes %s",
		source->path, unknown.first_line, noun, unknown.names, them, source->path,
		unknown.of_xl == unknown.count ? them : "some of them, and silently ignores the others");
}

static int check_use(const struct bd_source *source, size_t i, struct bd_error *err)
{
	const struct bd_key_use *use = &source->keys.items[i];
	/* The scanner and libxlutil must see the same keys. */
	if (xlu_cfg_get_string(source->xlu, use->name, &(const char *){ NULL }, 1) == ESRCH)
		return bd_fail(err, EINVAL, "%s:%u: cannot read \"%s\"", source->path, use->line, use->name);
	return bd_source_refuse_duplicate(source, i, err);
}

static int check_keys(struct bd_reader *reader, struct bd_error *err)
{
	const struct bd_source *source = &reader->source;
	if (bd_try(reader, refuse_unknown(source, err), err))
		return -1;
	for (size_t i = 0; i < source->keys.count; i++)
		if (bd_try(reader, check_use(source, i, err), err))
			return -1;
	return 0;
}

static bool goes_with_type(const struct bd_reader *reader, const struct bd_key *key)
{
	return key->types & type_bit(reader->config->c_info.type);
}

static int check_types(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_type type = reader->config->c_info.type;
	for (size_t i = 0; reader->has_type && i < reader->source.keys.count; i++) {
		const char *name = reader->source.keys.items[i].name;
		const struct bd_key *key = find_key(name);
		if (!key || goes_with_type(reader, key))
			continue;
		bd_source_fail(&reader->source, name, err, "%s has no meaning for a guest of type \"%s\"", name,
			       libxl_domain_type_to_string(type));
		if (bd_try(reader, -1, err))
			return -1;
	}
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

static int read_rows(struct bd_reader *reader, struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].read && bd_is_used(reader, keys[i].name) && goes_with_type(reader, &keys[i]) &&
		    bd_try(reader, keys[i].read(reader, &keys[i], err), err))
			return -1;
	return 0;
}

static int resolve_memory(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	if (build->max_memkb == LIBXL_MEMKB_DEFAULT)
		build->max_memkb = build->target_memkb;
	if (build->target_memkb != LIBXL_MEMKB_DEFAULT && build->max_memkb < build->target_memkb)
		return bd_source_fail(&reader->source, "maxmem", err, "maxmem is less than memory");
	return 0;
}

/* In xl's order. Only what is wrong with the host ends it early. */
static int read_all(struct bd_reader *reader, struct bd_error *err)
{
	if (check_keys(reader, err) || bd_read_identity(reader, err))
		return -1;
	libxl_domain_build_info_init_type(&reader->config->b_info, reader->config->c_info.type);
	if (check_types(reader, err) || apply_defaults(reader, err) || read_rows(reader, err))
		return -1;
	if (bd_try(reader, resolve_memory(reader, err), err) || bd_try(reader, bd_read_vcpus(reader, err), err) ||
	    bd_try(reader, bd_read_affinity(reader, err), err) || bd_try(reader, bd_read_boot(reader, err), err) ||
	    bd_try(reader, bd_read_disks(reader, err), err) || bd_try(reader, bd_read_vifs(reader, err), err))
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
