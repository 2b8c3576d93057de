/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `autostart`: sets whether guests start with dom0. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/command.h"
#include "cli/guest/loop.h"
#include "ops/guest/autostart.h"
#include "ops/guest/cfg_check.h"
#include "ops/guest/xendomains.h"

struct autostart_options {
	struct guest_options common;
	bool dry_run;
};

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "dry-run", NULL, "only check, and print what would be changed",
	  offsetof(struct autostart_options, dry_run) },
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout",
	  offsetof(struct autostart_options, common.json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

struct setting {
	enum xendomains_state xendomains;
	bool on, dry_run;
	struct bd_loaded_toolstack toolstack; /* no plugin: there is none */
};

/* xendomains starts guests as xl create does, which takes more than `start`. */
static void warn_of_refused(const struct setting *setting, const struct bd_cfg *cfg)
{
	struct bd_error problem = BD_ERROR_INIT;

	if (setting->toolstack.plugin && cfg_check(&setting->toolstack, cfg->path, &problem) != 0)
		bd_warn("xendomains will start %s as xl create does, but xen-bigdisk start refuses its config: %s",
			cfg->name, problem.message);
}

static int set_one(void *context, struct boot *boot, const struct bd_cfg *cfg, struct bd_json *json,
		   struct bd_error *err)
{
	const struct setting *setting = context;
	bool on = setting->on, works = setting->xendomains == XENDOMAINS_ENABLED;
	bool changed;

	(void)boot;
	if ((setting->dry_run ? guest_autostart_plan : guest_autostart_set)(cfg, on, &changed, err) != 0)
		return -1;
	if (json) {
		if (setting->dry_run)
			bd_json_string(json, "state", "planned");
		bd_json_bool(json, "autostart", on);
		bd_json_bool(json, "changed", changed);
		bd_json_string(json, "xendomains", xendomains_word(setting->xendomains));
	} else if (bd_log_level() >= BD_LOG_INFO) {
		bd_print(stdout, "%s %s %s with dom0%s%s\n", cfg->name,
			 setting->dry_run && changed ? "would be" : "is",
			 !on	 ? "not started"
			 : works ? "started"
				 : "set to start",
			 changed ? " from now on" : ", as before",
			 on && !works ? ", but the service xendomains is not active" : "");
	}
	if (on)
		warn_of_refused(setting, cfg);
	return 0;
}

static void setting_dispose(struct setting *setting)
{
	bd_toolstack_unload(&setting->toolstack);
}

static int run_autostart(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct autostart_options *options = options_pointer;
	bool on = strcmp(arguments[0], "on") == 0;
	BD_DISPOSE(setting_dispose)
	struct setting setting = { .on = on, .dry_run = options->dry_run, .xendomains = xendomains_look() };
	struct bd_error no_plugin;

	if (!on && strcmp(arguments[0], "off") != 0)
		return bd_usage(err, "must be on or off, not \"%.40s\": xen-bigdisk autostart on NAME", arguments[0]);
	/* Without a plugin nothing is known of what it would refuse. */
	if (on && bd_toolstack_load(false, &setting.toolstack, &no_plugin) != 0)
		setting.toolstack.plugin = NULL;
	if (guest_loop_run(&(struct guest_loop){ .options = &options->common,
						 .verb = on ? "set to start" : "set not to start",
						 .each = set_one,
						 .context = &setting },
			   arguments + 1, err) != 0)
		return -1;
	if (on && setting.xendomains != XENDOMAINS_ENABLED)
		bd_warn("the service xendomains is %s, so no guest starts when dom0 boots; %s",
			xendomains_word(setting.xendomains), xendomains_advice(setting.xendomains));
	return 0;
}

const struct bd_command bd_command_autostart = {
	.name = "autostart",
	.arguments = "on|off NAME...",
	.summary = "set whether guests start with dom0",
	.description =
		"on creates the link " GUEST_AUTOSTART_FOLDER
		"/NAME.cfg -> ../NAME.cfg, from which xendomains(8) starts the guest when dom0 boots; off removes "
		"every link there to the guest's config. A file there that is not a link but another config with the "
		"guest's name or UUID is an error, and is kept. Nothing is started or stopped now. Only guests in " GUEST_CFG_FOLDER
		" are accepted. on warns about a config that start would refuse, with all reasons.\n\n" GUEST_SEVERAL_TEXT
		"--json prints an object with name, cfg, uuid, state (\"planned\", with --dry-run only), autostart, changed (false: it was set already) and "
		"xendomains (enabled, disabled, masked, not installed, or set to another folder: no guest is started "
		"unless it is enabled). " GUEST_SEVERAL_JSON_TEXT,
	.examples = "xen-bigdisk autostart on web01 web02\tboth start with dom0 from now on\n"
		    "xen-bigdisk autostart off web01\tweb01 does not\n",
	.statuses = "34",
	.options = option_table,
	.options_size = sizeof(struct autostart_options),
	.run = run_autostart,
};
