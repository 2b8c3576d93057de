/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor's config file, log and lock. */
#include "libxl/monitor/state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "events/event.h"
#include "events/record.h"
#include "libxl/config/config.h"
#include "libxl/monitor/presence.h"

void bd_monitor_report(struct bd_monitor *monitor, const struct bd_report *report)
{
	if (monitor->report_fd >= 0)
		while (write(monitor->report_fd, report, sizeof(*report)) < 0 && errno == EINTR)
			;
}

void bd_monitor_tell(void *context, enum bd_toolstack_log_level level, const char *line)
{
	struct bd_monitor *monitor = context;
	struct bd_report report = { .kind = BD_REPORT_LOG, .code = (int)level };
	snprintf(report.text, sizeof(report.text), "%s", line);
	bd_xen_note(&monitor->xen, "%s", line);
	bd_monitor_report(monitor, &report);
}

void bd_monitor_stage(void *context, enum bd_toolstack_stage stage)
{
	bd_monitor_report(context, &(struct bd_report){ .kind = BD_REPORT_STAGE, .code = (int)stage });
}

static void warn(void *context, const char *line)
{
	bd_monitor_tell(context, BD_TOOLSTACK_LOG_WARNING, line);
}

int bd_monitor_read_config(struct bd_monitor *monitor, libxl_domain_config *config_out, struct bd_error *err)
{
	struct bd_bootloader_user user = { 0 };
	struct bd_config_env env = { .xlconf = &monitor->xlconf,
				     .ctx = monitor->xen.ctx,
				     .warn = warn,
				     .context = monitor,
				     .bootloader_user = &user };
	libxl_domain_config_init(config_out);
	if (bd_config_read(monitor->cfg_path, &env, config_out, err)) {
		bd_bootloader_user_dispose(&user);
		return -1;
	}
	bd_bootloader_user_dispose(&monitor->bootloader_user);
	monitor->bootloader_user = user;
	return 0;
}

void bd_monitor_begin(struct bd_monitor *monitor)
{
	struct bd_error err = BD_ERROR_INIT;

	if ((monitor->lock_fd < 0 && bd_presence_lock(&monitor->config.c_info.uuid, &monitor->lock_fd, &err)) ||
	    bd_presence_announce(monitor->domid, monitor->cfg_path, &err))
		bd_xen_note(&monitor->xen, "it cannot be told that domain %u has a monitor: %s", monitor->domid,
			    err.message);
}

void bd_monitor_end(struct bd_monitor *monitor)
{
	if (monitor->lock_fd >= 0)
		close(bd_take_fd(&monitor->lock_fd));
}

void bd_monitor_note(const struct bd_monitor *monitor, const char *kind, int counter, int priority,
		     const char *format, ...)
{
	char text[BD_ERROR_MESSAGE_SIZE];
	const char *name = monitor->config.c_info.name;
	va_list args;

	if (counter >= 0)
		bd_record_count(monitor->cfg_path, (enum bd_record_counter)counter);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	bd_event(&(struct bd_event){ .kind = kind,
				     .guest = name,
				     .cfg_path = monitor->cfg_path,
				     .domid = monitor->domid == BD_XEN_NO_DOMID ? 0 : monitor->domid,
				     .priority = priority },
		 "%s %s", name, text);
}
