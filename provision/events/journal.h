/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries for systemd's journal, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram of fields.
 *
 * Not libsystemd's sd_journal_send(3): that waits while the journal is behind, and would be a library more in the program and
 * in each guest's monitor for one sendto(2). */
#ifndef BD_EVENTS_JOURNAL_H
#define BD_EVENTS_JOURNAL_H

#include <stddef.h>

struct bd_journal_field {
	const char *name; /* capital letters, digits and "_" */
	const char *value; /* any bytes; NULL: the entry has no such field */
};

#define BD_JOURNAL_SIZE 8192

/* The datagram; what has no room is left out, field by field. Gives its size. */
size_t bd_journal_encode(const struct bd_journal_field *fields, size_t count, char text_out[BD_JOURNAL_SIZE]);

/* Sends it to $XEN_BIGDISK_JOURNAL [/run/systemd/journal/socket]. Where no journal listens, or it is behind, the entry is lost:
 * it never waits, and a command must not fail because of it. */
void bd_journal_send(const struct bd_journal_field *fields, size_t count);

#endif
