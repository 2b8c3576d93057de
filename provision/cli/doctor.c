/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `doctor`: looks at a dom0 and says what is wrong with it and what to do. */
#include "ops/doctor/doctor.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/shell_word.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "guest/description.h"
#include "xlcfg/folder.h"

struct doctor_options {
	const char *dir, *templates, *bridge;
	bool json;
};

#define AT(member) offsetof(struct doctor_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "dir", "DIR", "look at the guests of this folder instead of the system's", AT(dir) },
	{ BD_OPTION_TEXT, "templates", "DIR",
	  "the folder of templates [" BD_LOCALSTATEDIR "/lib/xen-bigdisk/templates]", AT(templates) },
	{ BD_OPTION_TEXT, "bridge", "BRIDGE",
	  "a bridge to look for, beside those that cfgs name [where none does: that of xl.conf, else xenbr0]",
	  AT(bridge) },
	{ BD_OPTION_FLAG, "json", NULL, "print the findings as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static doctor_check *const checks[] = {
	doctor_check_xen,     doctor_check_plugin,	    doctor_check_xenstored,  doctor_check_xenconsoled,
	doctor_check_memory,  doctor_check_domains,	    doctor_check_pygrub,     doctor_check_grub,
	doctor_check_pvgrub,  doctor_check_templates,	    doctor_check_disk_space, doctor_check_cfgs,
	doctor_check_refused, doctor_check_bootloader_user, doctor_check_monitors,   doctor_check_bridge,
	doctor_check_disks,   doctor_check_unused,	    doctor_check_autostart,  doctor_check_locks,
};

static const char *const state_names[] = { "ok", "warning", "problem", "not checked" };

/* The texts may quote names of files, which can have anything in them. */
static char *one_line(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return NULL;
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return text;
}

void doctor_found(struct doctor *doctor, const char *check, enum doctor_state state, const char *format, ...)
{
	struct bd_error none;
	va_list args;

	if (bd_array_grow(doctor->findings, doctor->count, &none) != 0) {
		doctor->out_of_memory = true;
		return;
	}
	va_start(args, format);
	doctor->findings[doctor->count] =
		(struct doctor_finding){ .check = check, .state = state, .found = one_line(format, args) };
	va_end(args);
	doctor->out_of_memory |= !doctor->findings[doctor->count++].found;
}

void doctor_advise(struct doctor *doctor, const char *format, ...)
{
	va_list args;

	if (!doctor->count)
		return;
	struct doctor_finding *last = &doctor->findings[doctor->count - 1];
	free(last->advice);
	va_start(args, format);
	last->advice = one_line(format, args);
	va_end(args);
	doctor->out_of_memory |= !last->advice;
}

void doctor_advise_command(struct doctor *doctor, const char *what, const char *command, const char *path)
{
	BD_FREE char *word = bd_shell_word(path);

	if (word)
		doctor_advise(doctor, "%s: %s %s", what, command, word);
	else
		doctor_advise(
			doctor,
			"%s, with %s; its name has control characters, so that no command is printed here: ls -b "
			"shows how it is written",
			what, command);
}

static void dispose(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->count; i++) {
		free(doctor->findings[i].found);
		free(doctor->findings[i].advice);
	}
	free(doctor->findings);
	doctor->findings = NULL;
	doctor->count = 0;
	bd_cfgs_dispose(&doctor->cfgs);
	domains_dispose(&doctor->domains);
	recovered_dispose(&doctor->recovered);
	bd_loops_dispose(&doctor->loops);
	boot_dispose(&doctor->boot);
}

static size_t count_state(const struct doctor *doctor, enum doctor_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < doctor->count; i++)
		count += doctor->findings[i].state == state;
	return count;
}

static enum doctor_state worst(const struct doctor *doctor)
{
	if (count_state(doctor, DOCTOR_PROBLEM))
		return DOCTOR_PROBLEM;
	return count_state(doctor, DOCTOR_WARNING) ? DOCTOR_WARNING : DOCTOR_OK;
}

static int print_json(const struct doctor *doctor, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_new();

	if (!json)
		return bd_no_memory(err);
	bd_json_open_object(json, NULL);
	bd_json_string(json, "state", state_names[worst(doctor)]);
	bd_json_bool(json, "xen_running", doctor->has_xen);
	bd_json_string(json, "xen_version", *doctor->machine.xen_version ? doctor->machine.xen_version : NULL);
	bd_json_uint(json, "problems", count_state(doctor, DOCTOR_PROBLEM));
	bd_json_uint(json, "warnings", count_state(doctor, DOCTOR_WARNING));
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
	bd_json_close_object(json);
	return bd_json_print(json, stdout, err);
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
	size_t problems = count_state(doctor, DOCTOR_PROBLEM);

	if (!doctor->has_xen)
		return bd_no_hypervisor(err, "no Xen is running here, or this is not its dom0: no guest can run");
	if (problems)
		return bd_fail(err, EIO, "%zu problem%s found", problems, problems == 1 ? " was" : "s were");
	return 0;
}

static int run_doctor(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	const struct doctor_options *options = options_pointer;
	BD_DISPOSE(dispose)
	struct doctor doctor = {
		.cfg_dir = options->dir ? options->dir : BD_SYSCONFDIR "/xen",
		.image_dir = options->dir ? options->dir : BD_LOCALSTATEDIR "/lib/xen/images",
		.in_system_folders = !options->dir,
		.templates = options->templates,
		.bridge = options->bridge,
	};

	(void)argc;
	(void)argv;
	boot_init(&doctor.boot);
	bd_cfgs_init(&doctor.cfgs);
	domains_init(&doctor.domains);
	if (options->bridge && bd_bridge_check(options->bridge, err) != 0)
		return bd_wrap(err, "--bridge");
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		checks[i](&doctor);
	if (doctor.out_of_memory)
		return bd_no_memory(err);
	if (!options->json)
		print(&doctor);
	else if (print_json(&doctor, err) != 0)
		return -1;
	int r = judge(&doctor, err);
	return r != 0 && options->json ? bd_reported(err) : r;
}

const struct bd_command bd_command_doctor = {
	.name = "doctor",
	.arguments = "",
	.summary = "check this dom0, and say how to fix what is wrong",
	.description =
		"Looks at everything that guests need: the running Xen and the toolstack plugin for its release; xenstored "
		"and xenconsoled; memory; domains that have ended and are still there, and guests whose monitor is gone; bridges; pygrub, the user that it runs as without privileges, and images that this user may not read; GRUB's images; "
		"templates; room for disks; and at what is left over or broken: half-made files, images that no cfg names, running guests whose cfg is gone, loop devices that nobody uses any more, "
		"cfgs that cannot be parsed, give no name, have what start refuses, or whose disk is missing, renames that were cut short, dead autostart links and those that nothing reads, a lock that somebody holds. "
		"Nothing is changed.\n\n"
		"Each finding is ok, a warning (it works, but look at it), a problem (something will fail), or was not "
		"checked; below it stands what to do. --quiet shows warnings and problems only. The exit status is 0 when "
		"there is no problem, 1 when there is one, and 7 when no Xen runs here; all else is checked even then.\n\n"
		"--json prints an object: state (the worst: ok, warning, problem), xen_running, xen_version (null when "
		"it cannot be asked), problems and warnings (how many), and the array checks, each with check (its name), "
		"state, found, and advice (null when there is nothing to do).",
	.examples = "xen-bigdisk doctor\tcheck this host\n"
		    "xen-bigdisk doctor --quiet\tonly what is not well\n"
		    "xen-bigdisk doctor --json\tfor a monitoring system\n",
	.statuses = "7",
	.options = option_table,
	.options_size = sizeof(struct doctor_options),
	.run = run_doctor,
};
