/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts an event into the fields of an entry. */
#include "events/event.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "base/err.h"
#include "events/journal.h"

/* As the name that messages on stderr begin with: one for the process. */
static const char *command_name;

void bd_event_set_command(const char *command)
{
	command_name = command;
}

void bd_event(const struct bd_event *event, const char *format, ...)
{
	char message[2 * BD_ERROR_MESSAGE_SIZE], priority[16], domid[16], status[16];
	const struct bd_error *failure = event->failure;
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	snprintf(priority, sizeof(priority), "%d", failure ? LOG_ERR : event->priority ? event->priority : LOG_INFO);
	snprintf(domid, sizeof(domid), "%" PRIu32, event->domid);
	snprintf(status, sizeof(status), "%d", failure ? bd_error_status(failure->kind) : 0);
	const struct bd_journal_field fields[] = {
		{ "MESSAGE", message },
		{ "PRIORITY", priority },
		{ "SYSLOG_IDENTIFIER", "xen-bigdisk" },
		{ "XEN_BIGDISK_EVENT", event->kind },
		{ "XEN_BIGDISK_GUEST", event->guest },
		{ "XEN_BIGDISK_CFG", event->cfg_path },
		{ "XEN_BIGDISK_FLEET", event->fleet },
		{ "XEN_BIGDISK_DOMID", event->domid ? domid : NULL },
		{ "XEN_BIGDISK_COMMAND", command_name },
		{ "XEN_BIGDISK_EXIT_STATUS", failure ? status : NULL },
	};
	bd_journal_send(fields, sizeof(fields) / sizeof(*fields));
}
