/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor process, from its start until its guest is gone for good. */
#include "libxl/monitor/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "events/event.h"
#include "libxl/build.h"
#include "libxl/monitor/presence.h"
#include "libxl/monitor/report.h"
#include "libxl/monitor/restart.h"
#include "libxl/monitor/state.h"
#include "libxl/monitor/watch.h"

/* Standard output and error become the log. Without one the guest can be started all the same. */
static void open_log(struct bd_monitor *monitor, const char *log_dir)
{
	char path[4096], line[4096 + 200];
	snprintf(path, sizeof(path), "%s/xen-bigdisk-%s.log", log_dir, monitor->config.c_info.name);
	BD_CLOSE int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (log < 0) {
		snprintf(line, sizeof(line), "cannot write the log %s: %s", path, strerror(errno));
		bd_monitor_tell(monitor, BD_TOOLSTACK_LOG_WARNING, line);
		return;
	}
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
}

/* What `ps` shows: 15 characters. */
static void set_title(const char *name)
{
	char title[16];
	snprintf(title, sizeof(title), "xbd-%.11s", name);
	prctl(PR_SET_NAME, title);
}

static int open_xen(struct bd_monitor *monitor, struct bd_error *err)
{
	return bd_xlconf_read(&monitor->xlconf, err) || bd_xen_open(&monitor->xen, stderr, err) ? -1 : 0;
}

static void take_name(struct bd_monitor *monitor, const char *log_dir)
{
	open_log(monitor, log_dir);
	set_title(monitor->config.c_info.name);
}

static int prepare(struct bd_monitor *monitor, const char *log_dir, struct bd_error *err)
{
	if (open_xen(monitor, err) || bd_monitor_read_config(monitor, &monitor->config, err))
		return -1;
	take_name(monitor, log_dir);
	bd_xen_note(&monitor->xen, "starting %s from %s (pid %ld)", monitor->config.c_info.name, monitor->cfg_path,
		    (long)getpid());
	return 0;
}

/* The caller's byte says that it knows of the domain; its silence, that it is gone or does not want it. */
static int await_acknowledgement(int control_fd, struct bd_error *err)
{
	char byte;
	ssize_t got;
	while ((got = read(control_fd, &byte, 1)) < 0 && errno == EINTR)
		;
	return got == 1 ? 0 : bd_canceled(err, "stopped");
}

static int make_domain(struct bd_monitor *monitor, const struct bd_monitor_order *order, int control_fd,
		       struct bd_error *err)
{
	if (prepare(monitor, order->log_dir, err))
		return -1;
	const struct bd_build build = {
		.xen = &monitor->xen,
		.xlconf = &monitor->xlconf,
		.bootloader_user = &monitor->bootloader_user,
		.stop_fd = control_fd,
		.start_paused = order->create->start_paused,
		.xens_hotplug = monitor->xens_hotplug,
		.tell = bd_monitor_tell,
		.stage = bd_monitor_stage,
		.context = monitor,
		.screen_fd = order->screen_fd,
		.screen_rows = order->screen_rows,
		.screen_columns = order->screen_columns,
	};
	int r = bd_build(&build, &monitor->config, &monitor->domid, err);
	if (order->screen_fd >= 0)
		close(order->screen_fd);
	if (r)
		return -1;
	monitor->started_s = bd_clock_s();
	if (!order->create->without_monitor)
		bd_monitor_begin(monitor);
	bd_monitor_report(monitor, &(struct bd_report){ .kind = BD_REPORT_DONE, .domid = monitor->domid });
	if (await_acknowledgement(control_fd, err)) {
		bd_xen_destroy(&monitor->xen, monitor->domid);
		return -1;
	}
	return 0;
}

/* Who asks for it has looked at the domain before; it may have gone, or another may have been quicker. */
static int check_abandoned(struct bd_monitor *monitor, uint32_t domid, struct bd_error *err)
{
	struct bd_presence presence;
	libxl_dominfo *domains;
	int count = 0, r = bd_fail(err, ESRCH, "there is no domain %u any more", domid);

	bd_presence_open(&presence);
	domains = libxl_list_domain(monitor->xen.ctx, &count);
	for (int i = 0; domains && i < count; i++) {
		if (domains[i].domid != domid || domains[i].dying)
			continue;
		enum bd_toolstack_monitor now = bd_presence_of(&presence, domid, &domains[i].uuid);
		libxl_uuid_copy(monitor->xen.ctx, &monitor->config.c_info.uuid, &domains[i].uuid);
		r = now == BD_TOOLSTACK_MONITOR_NONE ? 0
		    : now == BD_TOOLSTACK_MONITOR_RUNS
			    ? bd_fail(err, EEXIST, "domain %u already has a monitor", domid)
			    : bd_fail(err, ENOTSUP,
				      "domain %u was created by another toolstack (xl?), which monitors it itself",
				      domid);
	}
	if (domains)
		libxl_dominfo_list_free(domains, count);
	bd_presence_close(&presence);
	return r;
}

/* Its config is what it was started with, and what has been attached since. */
static int take_over(struct bd_monitor *monitor, const struct bd_monitor_order *order, int control_fd,
		     struct bd_error *err)
{
	libxl_domain_config_init(&monitor->config);
	if (open_xen(monitor, err) || check_abandoned(monitor, order->domid, err) ||
	    bd_presence_lock(&monitor->config.c_info.uuid, &monitor->lock_fd, err))
		return -1;
	monitor->domid = order->domid;
	bd_xen_forget(&monitor->xen);
	int rc = libxl_retrieve_domain_configuration(monitor->xen.ctx, monitor->domid, &monitor->config, NULL);
	if (rc || !monitor->config.c_info.name)
		return bd_xen_fail(&monitor->xen, rc ? rc : ERROR_FAIL, err, "cannot read the config of domain %u",
				   monitor->domid);
	take_name(monitor, order->log_dir);
	bd_xen_note(&monitor->xen, "taking over domain %u, which had lost its monitor (pid %ld)", monitor->domid,
		    (long)getpid());
	bd_monitor_begin(monitor);
	monitor->started_s = bd_clock_s();
	bd_monitor_report(monitor, &(struct bd_report){ .kind = BD_REPORT_DONE, .domid = monitor->domid });
	return await_acknowledgement(control_fd, err);
}

static void fail_and_exit(struct bd_monitor *monitor, const struct bd_error *err)
{
	struct bd_report report = { .kind = BD_REPORT_FAILED, .code = err->code, .error_kind = err->kind };
	snprintf(report.text, sizeof(report.text), "%s", err->message);
	if (monitor->xen.ctx)
		bd_xen_note(&monitor->xen, "failed: %s", err->message);
	bd_monitor_report(monitor, &report);
	bd_xen_close(&monitor->xen);
	_exit(1);
}

static bool is_relative(const char *path)
{
	return path && *path && *path != '/';
}

/* A folder must not be kept busy by a monitor, unless the config has paths that start there. */
static void leave_folder(const libxl_domain_config *config)
{
	bool needed = is_relative(config->b_info.kernel) || is_relative(config->b_info.ramdisk);
	for (int i = 0; i < config->num_disks; i++)
		needed |= is_relative(config->disks[i].pdev_path);
	if (!needed && chdir("/"))
		return;
}

/* What is left of the domain now (on_poweroff="preserve") is to be left; the loss of a monitor would be told otherwise. */
static void finish(struct bd_monitor *monitor)
{
	if (monitor->domid != BD_XEN_NO_DOMID)
		bd_presence_withdraw(monitor->domid);
	bd_monitor_end(monitor);
}

static void look_after(struct bd_monitor *monitor)
{
	libxl_shutdown_reason reason;

	do {
		/* Building takes tens of MiB (a kernel is unpacked here), of which malloc would keep many for a monitor
		 * that needs none of them again. */
		malloc_trim(0);
		if (bd_monitor_watch(monitor, &reason) != BD_WATCH_SHUT_DOWN) {
			bd_monitor_end(monitor);
			return;
		}
	} while (bd_monitor_after_shutdown(monitor, reason));
	finish(monitor);
}

_Noreturn void bd_monitor(const struct bd_monitor_order *order, int report_fd, int control_fd)
{
	struct bd_monitor monitor = {
		.domid = BD_XEN_NO_DOMID, .report_fd = report_fd, .lock_fd = -1, .xens_hotplug = order->xens_hotplug
	};
	struct bd_error err = BD_ERROR_INIT;
	bd_event_set_command("monitor");
	monitor.cfg_path = realpath(order->cfg_path, NULL);
	if (!monitor.cfg_path) {
		bd_fail_errno(&err, "cannot open %s", order->cfg_path);
		fail_and_exit(&monitor, &err);
	}
	/* A half-made domain would have nobody to remove it; the caller's end is what stops us here. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	umask(022);
	if (order->create ? make_domain(&monitor, order, control_fd, &err)
			  : take_over(&monitor, order, control_fd, &err))
		fail_and_exit(&monitor, &err);
	close(control_fd);
	close(bd_take_fd(&monitor.report_fd));
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	leave_folder(&monitor.config);

	if (!order->create || !order->create->without_monitor)
		look_after(&monitor);
	bd_xen_note(&monitor.xen, "the monitor ends");
	bd_xen_close(&monitor.xen);
	_exit(0);
}
