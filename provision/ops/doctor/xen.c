/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of `doctor` on Xen itself: hypervisor, plugin, xenstored, xenconsoled, memory. */
#include "ops/doctor/xen.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "ops/doctor/process.h"
#include "ops/doctor/users.h"
#include "ops/host/hotplug.h"

/* As boot_machine, and notes whether it could be opened. */
static int ask_toolstack(struct doctor *doctor, struct bd_error *err)
{
	const struct bd_toolstack_plugin *plugin = doctor->boot.toolstack.plugin;
	struct bd_toolstack *toolstack;

	if (boot_open(&doctor->boot, &toolstack, err) != 0)
		return -1;
	doctor->answers = true;
	int r = plugin->machine(toolstack, &doctor->machine, err);
	plugin->close(toolstack);
	return r;
}

void doctor_check_xen(struct doctor *doctor)
{
	struct bd_error err = BD_ERROR_INIT;

	doctor->has_xen = bd_xen_running(&doctor->xen, &err) == 0;
	if (!doctor->has_xen && err.kind == BD_KIND_NO_HYPERVISOR) {
		doctor_found(doctor, "xen", DOCTOR_PROBLEM, "%s", err.message);
		doctor_advise(
			doctor,
			"boot this host with Xen (Debian: install xen-system-amd64, then reboot); images can be "
			"created without: new --no-start");
	} else if (!doctor->has_xen) {
		doctor_found(doctor, "xen", DOCTOR_PROBLEM, "%s", err.message);
		doctor_advise(doctor, "unset XEN_BIGDISK_TOOLSTACK, or set it to a plugin of this version");
	} else {
		doctor_found(doctor, "xen", DOCTOR_OK, "Xen %u.%u is running", doctor->xen.major, doctor->xen.minor);
	}
}

/* Without a Xen the newest plugin is what `config` uses. */
void doctor_check_plugin(struct doctor *doctor)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_loaded_toolstack *loaded = &doctor->boot.toolstack;

	if (bd_toolstack_load(doctor->has_xen, loaded, &err) != 0) {
		doctor_found(doctor, "plugin", DOCTOR_PROBLEM, "%s", err.message);
		doctor_advise(
			doctor,
			"install the toolstack plugin for this host's Xen: the package xen-bigdisk-toolstack-X.Y of its "
			"release, or one in " BD_LIBDIR " (libxen-dev of that release, then make install)");
		return;
	}
	doctor_found(doctor, "plugin", DOCTOR_OK, "%s, built for Xen %s", loaded->path, loaded->plugin->xen_version);
}

static bool may_ask(const struct doctor *doctor)
{
	return doctor->has_xen && doctor->boot.toolstack.plugin &&
	       (geteuid() == 0 || secure_getenv("XEN_BIGDISK_TOOLSTACK"));
}

static void not_asked(struct doctor *doctor, const char *check)
{
	doctor_found(doctor, check, DOCTOR_UNCHECKED, "%s",
		     !doctor->has_xen		      ? "no Xen is running here"
		     : !doctor->boot.toolstack.plugin ? "there is no plugin for this Xen"
						      : "only root can query Xen");
	if (doctor->has_xen && doctor->boot.toolstack.plugin)
		doctor_advise(doctor, "run doctor as root");
}

/* One of the two; why: it is not ours, and says so. */
static void report_hotplug(struct doctor *doctor, const char *devices, const char *script, const char *why)
{
	if (*why)
		doctor_found(doctor, "hotplug", DOCTOR_OK, "%s by %s: %s", devices, script, why);
	else
		doctor_found(doctor, "hotplug", DOCTOR_OK, "%s by %s, unless a guest's cfg names another script",
			     devices, script);
}

void doctor_check_hotplug(struct doctor *doctor)
{
	struct bd_toolstack_hotplug hotplug = { .struct_size = sizeof(hotplug) };
	struct bd_error err = BD_ERROR_INIT;
	const struct bd_toolstack_plugin *plugin = doctor->boot.toolstack.plugin;

	if (!doctor->has_xen || !plugin) {
		not_asked(doctor, "hotplug");
		return;
	}
	doctor->boot.host.struct_size = sizeof(doctor->boot.host);
	boot_set_hotplug(&doctor->boot);
	if (plugin->hotplug(&doctor->boot.host, &hotplug, &err) != 0) {
		doctor_found(doctor, "hotplug", DOCTOR_PROBLEM, "%s", err.message);
		doctor_advise(doctor, "correct it: xl refuses it, too");
		return;
	}
	report_hotplug(doctor, "disks", hotplug.disk, hotplug.why_xens_disk);
	report_hotplug(doctor, "interfaces", hotplug.nic, hotplug.why_xens_nic);
}

/* The arguments of the first process of that name, with blanks between them; its number, or 0. */
static long find_process(const char *const *names, char *arguments_out, size_t size)
{
	BD_CLOSEDIR DIR *proc = opendir("/proc");
	char comm[DOCTOR_COMM_SIZE];
	size_t length;

	for (const char *pid; proc && (pid = doctor_next_process(proc, comm));) {
		for (const char *const *name = names; *name; name++) {
			if (strcmp(comm, *name) != 0 ||
			    !doctor_read_proc(pid, "cmdline", arguments_out, size, &length))
				continue;
			for (size_t i = 0; i + 1 < length; i++)
				if (!arguments_out[i])
					arguments_out[i] = ' ';
			return strtol(pid, NULL, 10);
		}
	}
	return 0;
}

void doctor_check_xenstored(struct doctor *doctor)
{
	static const char *const names[] = { "xenstored", "oxenstored", NULL };
	struct bd_error err = BD_ERROR_INIT;
	char arguments[4096];

	if (!may_ask(doctor)) {
		not_asked(doctor, "xenstored");
		return;
	}
	long pid = find_process(names, arguments, sizeof(arguments));
	int r = ask_toolstack(doctor, &err);
	if (r != 0 && err.code == EPERM) {
		doctor_found(doctor, "xenstored", DOCTOR_UNCHECKED, "%s", err.message);
		doctor_advise(doctor, "run doctor as root");
	} else if (r != 0 && !doctor->answers && !pid) {
		doctor_found(doctor, "xenstored", DOCTOR_PROBLEM, "xenstored is not running: %s", err.message);
		doctor_advise(doctor,
			      "start Xen's services: systemctl start xen (Debian), else systemctl start xenstored");
	} else if (r != 0) {
		doctor_found(doctor, "xenstored", DOCTOR_PROBLEM, "%s", err.message);
		doctor_advise(doctor, "check xl info, xl dmesg and the journal");
	} else if (pid) {
		doctor_found(doctor, "xenstored", DOCTOR_OK, "it runs (process %ld) and answers", pid);
	} else {
		doctor_found(doctor, "xenstored", DOCTOR_OK, "it answers");
	}
}

/* --log=guest, --log=all or "--log guest" (xenconsoled(8)). */
static bool logs_guests(const char *arguments)
{
	const char *at = strstr(arguments, "--log");

	if (!at || (at[5] != '=' && at[5] != ' '))
		return false;
	at += 6;
	return strncmp(at, "guest", 5) == 0 || strncmp(at, "all", 3) == 0;
}

void doctor_check_xenconsoled(struct doctor *doctor)
{
	static const char *const names[] = { "xenconsoled", NULL };
	char arguments[4096];

	if (!doctor->has_xen) {
		not_asked(doctor, "xenconsoled");
		return;
	}
	long pid = find_process(names, arguments, sizeof(arguments));
	if (!pid) {
		doctor_found(doctor, "xenconsoled", DOCTOR_PROBLEM,
			     "xenconsoled is not running: guests have no console");
		doctor_advise(doctor,
			      "start it: systemctl restart xen (Debian; running guests stay), else systemctl start "
			      "xenconsoled");
	} else if (logs_guests(arguments)) {
		doctor_found(doctor, "xenconsoled", DOCTOR_OK,
			     "it runs (process %ld), and logs guests to " BD_LOCALSTATEDIR "/log/xen/console", pid);
	} else {
		doctor_found(doctor, "xenconsoled", DOCTOR_OK,
			     "it runs (process %ld), and does not log the guests' consoles (use --log=guest)", pid);
	}
}

void doctor_check_memory(struct doctor *doctor)
{
	const struct bd_toolstack_machine *machine = &doctor->machine;
	char available[32], total[32];

	if (!may_ask(doctor)) {
		not_asked(doctor, "memory");
		return;
	}
	if (!machine->total_memory_kib) {
		doctor_found(doctor, "memory", DOCTOR_UNCHECKED, "cannot query Xen");
		return;
	}
	uint64_t available_bytes = machine->available_memory_kib << 10;
	enum doctor_state state = available_bytes < doctor->limits.memory_critical_bytes  ? DOCTOR_PROBLEM
				  : available_bytes < doctor->limits.memory_warning_bytes ? DOCTOR_WARNING
											  : DOCTOR_OK;
	bd_format_size(available_bytes, available, sizeof(available));
	bd_format_size(machine->total_memory_kib << 10, total, sizeof(total));
	doctor_found(doctor, "memory", state, "%s of %s are available to new guests (Xen %s, %" PRIu32 " CPUs)",
		     available, total, machine->xen_version, machine->cpus);
	if (state != DOCTOR_OK)
		doctor_advise(
			doctor,
			"stop a guest or reduce one's memory; or reduce dom0's (dom0_mem= on Xen's command line, "
			"or autoballoon=\"on\" in xl.conf)");
}

static size_t report_ended(struct doctor *doctor, const struct bd_toolstack_domain *domain)
{
	if (domain->state == BD_TOOLSTACK_SHUTDOWN) {
		doctor_found(doctor, "domains", DOCTOR_WARNING,
			     "domain %" PRIu32 " (%s) has shut down or crashed, but still holds its memory",
			     domain->domid, domain->name);
		doctor_advise(
			doctor,
			"if this persists, and it is not kept for debugging (on_crash=\"preserve\"): xl destroy "
			"%" PRIu32,
			domain->domid);
	} else if (domain->state == BD_TOOLSTACK_DYING) {
		doctor_found(doctor, "domains", DOCTOR_WARNING,
			     "domain %" PRIu32 " (%s) is being destroyed, but something still holds its memory",
			     domain->domid, domain->name);
		doctor_advise(doctor,
			      "if this persists, find what holds it: a process of the guest's in dom0 (ps ax | "
			      "grep -w %" PRIu32
			      "), or its disk or interface (dmesg); it remains until that is released",
			      domain->domid);
	} else {
		return 0;
	}
	return 1;
}

void doctor_check_domains(struct doctor *doctor)
{
	const struct domains *domains = &doctor->domains;
	struct bd_error err = BD_ERROR_INIT;
	size_t ended = 0;

	if (!may_ask(doctor)) {
		not_asked(doctor, "domains");
		doctor_read_users(doctor);
		return;
	}
	if (domains_read(&doctor->boot, &doctor->domains, &err) != 0) {
		doctor_found(doctor, "domains", DOCTOR_UNCHECKED, "cannot query Xen");
		return;
	}
	doctor_read_users(doctor);
	for (size_t i = 0; i < domains->count; i++)
		ended += report_ended(doctor, &domains->items[i]);
	if (!ended)
		doctor_found(doctor, "domains", DOCTOR_OK, "%zu besides dom0, all alive",
			     domains->count ? domains->count - 1 : 0);
}
