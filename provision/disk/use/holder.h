/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out who on this host has a file open: loop devices, and processes that may write to it. It uses /sys, /proc
 * and the loop driver directly, without other programs. */
#ifndef BD_DISK_USE_HOLDER_H
#define BD_DISK_USE_HOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bd_loop {
	char path[32]; /* "/dev/loop3" */
	dev_t device; /* of the file behind it */
	ino_t inode;
	char file[PATH_MAX]; /* as it was called when the device was set up; "": not known */
	bool is_autoclear; /* detached at its last close; false where only root may ask */
	bool is_read_only; /* nothing writes to the file through it */
};

struct bd_loops {
	struct bd_loop *items; /* owned */
	size_t count;
};

/* Those that have a file behind them; none where there is no loop driver. What cannot be looked at is left out. */
void bd_loops_read(struct bd_loops *loops_out);
void bd_loops_dispose(struct bd_loops *loops); /* idempotent; a zeroed struct will do */
/* From NULL or the last one on, the next that has this file behind it; NULL: no more. */
const struct bd_loop *bd_loops_next(const struct bd_loops *loops, dev_t device, ino_t inode,
				    const struct bd_loop *last);

/* The device is mounted, part of another device, or otherwise held exclusively. A domain's backend does not take
 * it so: that it is free says nothing of domains. */
bool bd_loop_is_taken(const struct bd_loop *loop);

/* Nothing holds it exclusively, and it is detached when the last who has it open closes it: as after umount(8), when
 * somebody looks at the host's loop devices at that moment. */
bool bd_loop_is_ending(const struct bd_loop *loop);

struct bd_holder {
	char loop[32]; /* "/dev/loop3"; "": it is none */
	bool is_ending; /* that one: bd_loop_is_ending */
	pid_t pid; /* 0: it is none that can be seen */
	char program[17]; /* its name */
};

/* Who else has the open file open for writing: a loop device before a process. False: no one that can be seen, any more. */
bool bd_find_holder(int fd, struct bd_holder *holder_out);

#endif
