/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs grub-fstest, which has all of GRUB's own readers of filesystems and volumes, for the child that reads the disk (ask_frame.h). It is
 * confined by sandbox/program.h: as the same user, and in a root directory of programs, libraries and the disk. What it writes is not
 * looked at here. */
#ifndef BD_BOOTLOADER_GRUB_FSTEST_H
#define BD_BOOTLOADER_GRUB_FSTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/process/run.h"
#include "filestream/frame.h"
#include "sandbox/program.h"
#include "sandbox/sandbox.h"

struct bd_grub_fstest {
	struct bd_program program; /* how it is confined: read_fd, uid, gid, limits */
	double deadline_s; /* of bd_clock_s, for all its runs together; 0: none */
	unsigned cpu_s; /* of CPU time, likewise; 0: no limit */
	struct bd_child child; /* owned */
	bool is_running;
};

#define BD_GRUB_FSTEST_INIT \
	{ \
		.child = BD_CHILD_INIT \
	}

/* Answers what the child asks. EBADMSG: the frame is not what it should be. That the program fails is an answer. */
int bd_grub_fstest_answer(struct bd_grub_fstest *grub, struct bd_frame_body *question, struct bd_sandbox *asker,
			  struct bd_error *err);

/* Writes a part of a file, as GRUB calls it, to the descriptor at an offset. EIO: it has fewer bytes, or cannot be read. EBADMSG: it is
 * no path of GRUB's. */
int bd_grub_fstest_copy(struct bd_grub_fstest *grub, const char *path, uint64_t from_bytes, uint64_t size_bytes,
			int fd, uint64_t to_bytes, struct bd_error *err);

void bd_grub_fstest_dispose(struct bd_grub_fstest *grub); /* idempotent */

#endif
