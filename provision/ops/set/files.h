/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a change: the config, and kernel and initramfs of a guest that is to boot from dom0. */
#ifndef BD_OPS_SET_FILES_H
#define BD_OPS_SET_FILES_H

#include "base/err.h"
#include "base/file/atomic_file.h"
#include "ops/set/job.h"

struct set_files {
	struct bd_atomic_file cfg, kernel, ramdisk;
};

#define SET_FILES_INIT \
	{ \
		.cfg = BD_ATOMIC_FILE_INIT, .kernel = BD_ATOMIC_FILE_INIT, .ramdisk = BD_ATOMIC_FILE_INIT \
	}

void set_files_dispose(struct set_files *files); /* idempotent; what is not published is gone then */

/* Makes them, as drafts, and has the toolstack check the config where there is one. */
int set_files_make(const struct set_job *job, struct set_files *files, struct bd_error *err);
/* Gives them their names, the config's last. On failure none has it. */
int set_files_publish(const struct set_job *job, struct set_files *files, struct bd_error *err);
/* Removes what the guest does not need any more: its own kernel and initramfs in dom0. What cannot be removed is warned of. */
void set_files_clear(const struct set_job *job);

#endif
