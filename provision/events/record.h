/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's record: how often it was started, ended and crashed, counted by the commands that start it and by its monitor, and
 * what its last start took. A small file of lines for each guest that was ever started by us.
 *
 * It lies in /var/lib/xen-bigdisk/guests ($XEN_BIGDISK_STATE), belongs to the path of the guest's config, as locks do, and is
 * made with its first start, renamed and removed with the guest. Only root, who alone starts guests, has records, which
 * everybody may read (with $XEN_BIGDISK_STATE everybody has). Each change replaces the file as a whole, under a lock of its own that is held for moments and
 * waited for as long: a monitor counts while a command holds the guest's lock. What cannot be counted is lost: no command and
 * no guest fails because of it. */
#ifndef BD_EVENTS_RECORD_H
#define BD_EVENTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum bd_record_counter {
	BD_RECORD_STARTS, /* by commands: the domain was there */
	BD_RECORD_START_FAILURES, /* by commands, and by the monitor after a reboot or crash */
	BD_RECORD_RESTARTS, /* by the monitor, which has made another domain after a reboot or crash */
	BD_RECORD_POWEROFFS, /* of its own accord, or asked for */
	BD_RECORD_REBOOTS,
	BD_RECORD_CRASHES,
	BD_RECORD_COUNTERS
};

#define BD_RECORD_STAGES_MAX 16
#define BD_RECORD_STAGE_SIZE 24

struct bd_record {
	uint64_t counts[BD_RECORD_COUNTERS];
	int64_t last_start_s; /* since the epoch; 0: none */
	/* Of the last start by a command, in the order in which they came. */
	struct {
		char name[BD_RECORD_STAGE_SIZE]; /* "bootloader": small letters and "_" */
		double seconds;
	} stages[BD_RECORD_STAGES_MAX];
	size_t stage_count;
};

/* A guest that was never started has one of zeros. Fails where it cannot be read. EBADMSG: it is damaged; the next start makes a
 * new one. */
int bd_record_read(const char *cfg_path, struct bd_record *record_out, struct bd_error *err);

/* Changes the guest's record by a function; creates: also where there is none yet. */
void bd_record_change(const char *cfg_path, bool creates, void (*change)(void *context, struct bd_record *record),
		      void *context);
/* Counts one more, where there is a record. */
void bd_record_count(const char *cfg_path, enum bd_record_counter counter);

/* The config may be gone already. */
void bd_record_remove(const char *cfg_path);
/* Of the config that is renamed; where it has none, what is there of the new name stays. To be done before the old config is gone,
 * and done twice is done. */
void bd_record_move(const char *old_path, const char *new_path);

/* Calls each() for every record, with the path of its file and the config that it is of, until it returns non-zero; then gives
 * that. cfg_path NULL: it is damaged. Files that are not for this user to read are passed over. Fails where the folder cannot be read; one that is not there has none. */
int bd_record_each(int (*each)(void *context, const char *path, const char *cfg_path), void *context,
		   struct bd_error *err);

#endif
