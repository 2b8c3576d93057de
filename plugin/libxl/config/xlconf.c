/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads xl.conf. */
#include "libxl/config/xlconf.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "libxl/config/source.h"

#define XL_CONF "/etc/xen/xl.conf"
#define XL_LOCKFILE "/var/lock/xl"

/* A key of xl.conf that is a string; where two rows share a member, the later one is the newer name and wins. */
static const struct {
	const char *key;
	size_t offset;
} strings[] = {
	{ "lockfile", offsetof(struct bd_xlconf, lockfile) },
	{ "blkdev_start", offsetof(struct bd_xlconf, blkdev_start) },
	{ "vifscript", offsetof(struct bd_xlconf, vif_script) },
	{ "vif.default.script", offsetof(struct bd_xlconf, vif_script) },
	{ "defaultbridge", offsetof(struct bd_xlconf, vif_bridge) },
	{ "vif.default.bridge", offsetof(struct bd_xlconf, vif_bridge) },
	{ "vif.default.gatewaydev", offsetof(struct bd_xlconf, vif_gatewaydev) },
	{ "vif.default.backend", offsetof(struct bd_xlconf, vif_backend) },
	{ "vm.cpumask", offsetof(struct bd_xlconf, cpumask) },
	{ "vm.pv.cpumask", offsetof(struct bd_xlconf, pv_cpumask) },
	{ "vm.hvm.cpumask", offsetof(struct bd_xlconf, hvm_cpumask) },
};

static int read_strings(const struct bd_source *source, struct bd_xlconf *conf, struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		char **member = (char **)((char *)conf + strings[i].offset);
		int e = xlu_cfg_replace_string(source->xlu, strings[i].key, member, 1);
		if (e && e != ESRCH)
			return bd_source_fail(source, strings[i].key, err, "%s must be one string", strings[i].key);
	}
	return 0;
}

/* Leaves *value alone when the key is not there. */
static int read_number(const struct bd_source *source, const char *key, long *value, struct bd_error *err)
{
	int e = xlu_cfg_get_bounded_long(source->xlu, key, 0, INT_MAX, value, 1);
	if (e && e != ESRCH)
		return bd_source_fail(source, key, err, "%s must be a number from 0 to %d", key, INT_MAX);
	return 0;
}

static int read_numbers(const struct bd_source *source, struct bd_xlconf *conf, struct bd_error *err)
{
	long hotplug = conf->run_hotplug_scripts, claim = conf->claim_mode, restrict_mode = -1;
	long frames = conf->max_grant_frames, maptrack = conf->max_maptrack_frames, version = conf->max_grant_version;
	if (read_number(source, "run_hotplug_scripts", &hotplug, err) ||
	    read_number(source, "claim_mode", &claim, err) ||
	    read_number(source, "bootloader_restrict", &restrict_mode, err) ||
	    read_number(source, "max_grant_frames", &frames, err) ||
	    read_number(source, "max_maptrack_frames", &maptrack, err) ||
	    read_number(source, "max_grant_version", &version, err))
		return -1;
	conf->run_hotplug_scripts = hotplug;
	conf->claim_mode = claim;
	if (restrict_mode >= 0)
		libxl_defbool_set(&conf->bootloader_restrict, restrict_mode);
	conf->max_grant_frames = (uint32_t)frames;
	conf->max_maptrack_frames = (uint32_t)maptrack;
	conf->max_grant_version = (int)version;
	return 0;
}

static int read_words(const struct bd_source *source, struct bd_xlconf *conf, struct bd_error *err)
{
	const char *word;
	if (!xlu_cfg_get_string(source->xlu, "autoballoon", &word, 1)) {
		if (!strcmp(word, "on") || !strcmp(word, "1"))
			conf->autoballoon = BD_AUTOBALLOON_ON;
		else if (!strcmp(word, "off") || !strcmp(word, "0"))
			conf->autoballoon = BD_AUTOBALLOON_OFF;
		else if (strcmp(word, "auto"))
			return bd_source_fail(source, "autoballoon", err, "autoballoon must be on, off or auto");
	}
	if (!xlu_cfg_get_string(source->xlu, "domid_policy", &word, 1)) {
		if (strcmp(word, "xen") && strcmp(word, "random"))
			return bd_source_fail(source, "domid_policy", err, "domid_policy must be xen or random");
		conf->random_domid = !strcmp(word, "random");
	}
	return 0;
}

static int read_conf(const char *path, struct bd_xlconf *conf, struct bd_error *err)
{
	BD_DISPOSE(bd_source_dispose) struct bd_source source = { 0 };
	if (bd_source_read(&source, path, err))
		return -1;
	if (read_strings(&source, conf, err) || read_numbers(&source, conf, err) || read_words(&source, conf, err))
		return -1;
	return 0;
}

int bd_xlconf_read(struct bd_xlconf *conf_out, struct bd_error *err)
{
	BD_DISPOSE(bd_xlconf_dispose)
	struct bd_xlconf conf = {
		.autoballoon = BD_AUTOBALLOON_AUTO,
		.run_hotplug_scripts = true,
		.claim_mode = true,
		.max_grant_frames = LIBXL_MAX_GRANT_DEFAULT,
		.max_maptrack_frames = LIBXL_MAX_GRANT_DEFAULT,
		.max_grant_version = (int)LIBXL_MAX_GRANT_DEFAULT,
		.lockfile = strdup(XL_LOCKFILE),
	};
	if (!conf.lockfile)
		return bd_fail_errno(err, "cannot read xl.conf");
	libxl_defbool_unset(&conf.bootloader_restrict);

	const char *path = secure_getenv("XEN_BIGDISK_XL_CONF");
	if (!path)
		path = XL_CONF;
	if (access(path, F_OK) == 0 && read_conf(path, &conf, err))
		return -1;
	*conf_out = bd_take_struct(conf);
	return 0;
}

void bd_xlconf_dispose(struct bd_xlconf *conf)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		char **member = (char **)((char *)conf + strings[i].offset);
		free(*member);
		*member = NULL;
	}
}
