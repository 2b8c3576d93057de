/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to guests, told to systemd's journal in fields, by which `journalctl XEN_BIGDISK_GUEST=web01` finds it. */
#ifndef BD_EVENTS_EVENT_H
#define BD_EVENTS_EVENT_H

#include <stdint.h>

struct bd_error;

struct bd_event {
	const char *kind; /* XEN_BIGDISK_EVENT: "started", "crashed" */
	const char *guest, *cfg_path, *fleet; /* XEN_BIGDISK_GUEST, _CFG, _FLEET; NULL: none */
	uint32_t domid; /* XEN_BIGDISK_DOMID; 0: none */
	/* What went wrong: the entry is an error then, with XEN_BIGDISK_EXIT_STATUS, that of a command that ends so. NULL: nothing
	 * did. */
	const struct bd_error *failure;
	int priority; /* of syslog(3), where there is no failure; 0: LOG_INFO */
};

/* MESSAGE is the formatted text. Never fails and never waits: where there is no journal, nothing is told. */
void bd_event(const struct bd_event *event, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Who tells of what comes: XEN_BIGDISK_COMMAND ("fleet apply"). Borrowed. */
void bd_event_set_command(const char *command);

#endif
