/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Landlock (the kernel's Documentation/userspace-api/landlock.rst): a process gives up all rights to what has a path and to sockets,
 * but for those that it names before. Async-signal-safe. */
#ifndef BD_SANDBOX_LANDLOCK_H
#define BD_SANDBOX_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define BD_LANDLOCK_EXECUTE (UINT64_C(1) << 0)
#define BD_LANDLOCK_WRITE_FILE (UINT64_C(1) << 1)
#define BD_LANDLOCK_READ_FILE (UINT64_C(1) << 2)
#define BD_LANDLOCK_READ_FOLDER (UINT64_C(1) << 3)
#define BD_LANDLOCK_TRUNCATE (UINT64_C(1) << 14)
#define BD_LANDLOCK_DEVICE_IOCTL (UINT64_C(1) << 15)

struct bd_landlock {
	int fd; /* -1: the kernel has no Landlock */
	uint64_t rights; /* to files, that this kernel knows */
};

void bd_landlock_init(struct bd_landlock *rules_out);

/* Rights to a file, or to a folder and all that is below it; of a file, only those that are of files. False: that cannot be. */
bool bd_landlock_allow(const struct bd_landlock *rules, int fd, uint64_t rights);

/* No rights but these from now on, and closes the rules. True also where there is no Landlock. Needs PR_SET_NO_NEW_PRIVS or
 * CAP_SYS_ADMIN. */
bool bd_landlock_enforce(struct bd_landlock *rules);

#endif
