/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates a guest: from a job to a running guest, or back to nothing. */
#ifndef BD_OPS_CREATE_CREATE_H
#define BD_OPS_CREATE_CREATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/create/files.h"
#include "ops/create/job.h"
#include "ops/host/boot.h"

struct create_outcome {
	const struct create_files *files; /* NULL: nothing was made */
	bool started, ready;
	uint32_t domid;
	double make_s, create_s, wait_s;
	struct boot_stages stages;
};

/* Whether the template is there, and how the bootloader is to run. Touches nothing. */
int create_check(struct create_job *job, struct bd_error *err);
/* More, for who is only asked what he would do: the whole template, what has the guest's name already, the device, and with job->start
 * what Xen says, if one runs here. */
int create_check_all(struct create_job *job, struct boot *boot, struct bd_error *err);

/* Makes the guest under its lock, and starts it as the job says; on failure nothing of it is left. */
int create_do(struct create_job *job, struct boot *boot, struct create_files *files,
	      struct create_outcome *outcome_out, struct bd_error *err);

/* The end of it, for `clone` too: publishes the files that were made, and starts the guest as the job says. On failure
 * domain and files are taken back; but a guest that runs and is only slow to say so stays. begin_s: when the making began,
 * by bd_progress_elapsed_s. */
int create_publish_and_start(const struct create_job *job, struct boot *boot, struct create_files *files,
			     double begin_s, struct create_outcome *outcome_out, struct bd_error *err);

/* As leftover_check_absent and leftover_remove, for the files of the job. */
int create_check_absent(const struct create_job *job, struct bd_error *err);
int create_remove_leftover(const struct create_job *job, bool *removed_out, struct bd_error *err);

#endif
