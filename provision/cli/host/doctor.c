/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command `doctor`: runs the checks of the host, and prints the findings. */
#include "ops/doctor/doctor.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "cli/host/plugin_output.h"
#include "guest/description.h"

struct doctor_options {
	const char *dir, *templates, *bridge;
	struct doctor_limits limits;
	bool json, check;
};

#define AT(member) offsetof(struct doctor_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "dir", "DIR", "check the guests in this directory instead of the system's", AT(dir) },
	{ BD_OPTION_TEXT, "templates", "DIR", "template directory [" BD_LOCALSTATEDIR "/lib/xen-bigdisk/templates]",
	  AT(templates) },
	{ BD_OPTION_TEXT, "bridge", "BRIDGE",
	  "a bridge to check, in addition to those in configs [if there are none: that of xl.conf, else xenbr0]",
	  AT(bridge) },
	{ BD_OPTION_FLAG, "json", NULL, "print the findings as a JSON object on stdout", AT(json) },
	{ BD_OPTION_FLAG, "check", NULL, "be a plugin of Nagios or Icinga, with its output and exit statuses",
	  AT(check) },
	{ BD_OPTION_SIZE, "memory-warning", "SIZE",
	  "a warning where new guests can be given less memory than that [512M]", AT(limits.memory_warning_bytes) },
	{ BD_OPTION_SIZE, "memory-critical", "SIZE", "a problem, likewise [64M]", AT(limits.memory_critical_bytes) },
	{ BD_OPTION_SIZE, "space-warning", "SIZE",
	  "a warning where less than that is free for disks, however much the sparse ones may take [what these may take]",
	  AT(limits.space_warning_bytes) },
	{ BD_OPTION_SIZE, "space-critical", "SIZE", "a problem, likewise [64M]", AT(limits.space_critical_bytes) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static const char *const state_names[] = { "ok", "warning", "problem", "not checked" };

static int print_json(const struct doctor *doctor, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "state", state_names[doctor_worst(doctor)]);
	bd_json_bool(json, "xen_running", doctor->has_xen);
	bd_json_string(json, "xen_version", *doctor->machine.xen_version ? doctor->machine.xen_version : NULL);
	bd_json_uint(json, "problems", doctor_count(doctor, DOCTOR_PROBLEM));
	bd_json_uint(json, "warnings", doctor_count(doctor, DOCTOR_WARNING));
	bd_json_open_array(json, "checks");
	for (size_t i = 0; i < doctor->count; i++) {
		const struct doctor_finding *finding = &doctor->findings[i];
		bd_json_open_object(json, NULL);
		bd_json_string(json, "check", finding->check);
		bd_json_string(json, "state", state_names[finding->state]);
		bd_json_string(json, "found", finding->found);
		bd_json_string(json, "advice", finding->advice);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
	return bd_json_finish(json, err);
}

/* Below this width of the terminal a check's name, which is for scripts, is left out. */
#define COLUMNS_FOR_NAMES 60

static void print_finding(const struct doctor_finding *finding, int name_width)
{
	static const enum bd_style styles[] = { BD_STYLE_GOOD, BD_STYLE_WARNING, BD_STYLE_BAD, BD_STYLE_PLAIN };
	enum bd_style style = styles[finding->state];
	bool styled = style != BD_STYLE_PLAIN;

	fputs(styled ? bd_style(stdout, style) : "", stdout);
	bd_print(stdout, "%-11s", state_names[finding->state]);
	fputs(styled ? bd_style(stdout, BD_STYLE_PLAIN) : "", stdout);
	bd_print(stdout, "  %-*.*s%s\n", name_width, name_width, finding->check, finding->found);
	if (finding->advice)
		bd_print(stdout, "%-11s  %-*s-> %s\n", "", name_width, "", finding->advice);
}

/* With --quiet, only what is not well. */
static void print(const struct doctor *doctor)
{
	bool all = bd_log_level() >= BD_LOG_INFO;
	size_t columns = bd_terminal_columns(stdout);

	for (size_t i = 0; i < doctor->count; i++) {
		const struct doctor_finding *finding = &doctor->findings[i];
		if (all || finding->state == DOCTOR_WARNING || finding->state == DOCTOR_PROBLEM)
			print_finding(finding, columns && columns < COLUMNS_FOR_NAMES ? 0 : 17);
	}
}

static int judge(const struct doctor *doctor, struct bd_error *err)
{
	size_t problems = doctor_count(doctor, DOCTOR_PROBLEM);

	if (!doctor->has_xen)
		return bd_no_hypervisor(err, "no Xen is running here, or this is not its dom0: no guest can run");
	if (problems)
		return bd_fail(err, EIO, "%zu problem%s found", problems, problems == 1 ? " was" : "s were");
	return 0;
}

/* A warning that comes after the problem would never come. */
static int check_limits(struct doctor_limits limits, struct bd_error *err)
{
	char critical[32];

	doctor_limits_complete(&limits);
	if (limits.memory_warning_bytes < limits.memory_critical_bytes) {
		bd_format_size(limits.memory_critical_bytes, critical, sizeof(critical));
		return bd_usage(err, "--memory-warning is less than --memory-critical (%s)", critical);
	}
	if (limits.space_warning_bytes && limits.space_warning_bytes < limits.space_critical_bytes) {
		bd_format_size(limits.space_critical_bytes, critical, sizeof(critical));
		return bd_usage(err, "--space-warning is less than --space-critical (%s)", critical);
	}
	return 0;
}

static int check_options(const struct doctor_options *options, struct bd_error *err)
{
	if (options->check && options->json)
		return bd_usage(err, "--check excludes --json");
	if (options->bridge && bd_bridge_check(options->bridge, err) != 0)
		return bd_wrap(err, "--bridge");
	return check_limits(options->limits, err);
}

/* The status of a plugin is the field of the error, which says nothing more than stdout does. */
static int be_plugin(struct doctor *doctor, struct bd_error *err)
{
	int status = doctor_run(doctor, err) == 0 ? plugin_output(doctor) : plugin_output_failure(err);

	if (!status)
		return 0;
	bd_fail(err, EIO, "%s", "");
	return bd_set_field(err, PLUGIN_FIELD + status);
}

static int exit_status(const struct bd_error *err)
{
	return err->field > PLUGIN_FIELD && err->field <= PLUGIN_FIELD + PLUGIN_UNKNOWN ? err->field - PLUGIN_FIELD
											: bd_error_status(err->kind);
}

static int run_doctor(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct doctor_options *options = options_pointer;

	(void)arguments;
	if (check_options(options, err) != 0)
		return -1;
	BD_DISPOSE(doctor_dispose)
	struct doctor doctor = {
		.dir = options->dir,
		.templates = options->templates,
		.bridge = options->bridge,
		.limits = options->limits,
	};
	if (options->check)
		return be_plugin(&doctor, err);
	if (doctor_run(&doctor, err) != 0)
		return -1;
	if (!options->json)
		print(&doctor);
	else if (print_json(&doctor, err) != 0)
		return -1;
	int r = judge(&doctor, err);
	return r != 0 && options->json ? bd_reported(err) : r;
}

static const struct bd_exit_status statuses[] = {
	{ "0", "no problem was found; with --check: OK" },
	{ "1", "a problem was found, or doctor failed; with --check: WARNING" },
	{ "2", "usage error; with --check: CRITICAL" },
	{ "3", "with --check: UNKNOWN" },
	{ "7", "no hypervisor: Xen is not running, or this is not dom0; with --check that is CRITICAL" },
	{ "128+N", "terminated by signal N (130: Ctrl-C)" },
	{ NULL, NULL },
};

const struct bd_command bd_command_doctor = {
	.name = "doctor",
	.arguments = "",
	.summary = "check this dom0 and suggest fixes",
	.description =
		"Checks everything that guests need: the running Xen and the toolstack plugin for its release; "
		"xenstored and xenconsoled; memory; domains that have ended but still exist, and guests whose "
		"monitor is gone; bridges; xen-bigdisk-boot; pygrub, the unprivileged user that it runs as, images that this user "
		"cannot read, and guests whose pygrub runs as root; GRUB's images; templates; this host's defaults for new guests and what they name; disk space; and what is left over or broken: incomplete "
		"files, images that no config uses, running guests whose config is gone, unused loop devices, "
		"configs that cannot be parsed, have no name, are refused by start, or whose disk is missing, "
		"interrupted renames, dangling autostart links and those that nothing reads, records of guests that are gone, and held locks. Nothing "
		"is changed.\n\n"
		"Each finding is ok, a warning (it works, but deserves a look), a problem (something will fail), or "
		"not checked, followed by what to do. --quiet prints warnings and problems only. The status is 0 if "
		"there is no problem, 1 if there is one, and 7 if Xen is not running; everything else is checked "
		"even then.\n\n"
		"--check prints what Nagios, Icinga and the like expect of a plugin: a line \"XEN-BIGDISK STATE - TEXT | "
		"PERFDATA\", and, unless --quiet is given, a line for each problem and warning, and each check that could not be made. STATE is CRITICAL where there "
		"is a problem (also that no Xen is running), else WARNING where there is a warning, else UNKNOWN where a "
		"check could not be made, as for another user than root, else OK. PERFDATA has problems, warnings and "
		"unchecked (how many), guests_running, memory_available and space_free, the last two with their limits, also the usual ones; a value that is not known is left out.\n\n"
		"--json prints an object: state (the worst: ok, warning, problem), xen_running, xen_version (null if "
		"unknown), problems and warnings (how many), and the array checks, each with check (its name), "
		"state, found, and advice (null if there is nothing to do).",
	.examples = "xen-bigdisk doctor\tcheck this host\n"
		    "xen-bigdisk doctor --quiet\twarnings and problems only\n"
		    "xen-bigdisk doctor --json\tfor a monitoring system\n"
		    "xen-bigdisk doctor --check --memory-warning 2G\tfor Nagios or Icinga\n",
	.own_statuses = statuses,
	.exit_status = exit_status,
	.options = option_table,
	.options_size = sizeof(struct doctor_options),
	.run = run_doctor,
};
