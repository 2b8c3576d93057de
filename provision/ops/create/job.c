/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frees a job. */
#include "ops/create/job.h"

#include <stdlib.h>
#include <string.h>

void create_job_dispose(struct create_job *job)
{
	bd_networks_dispose(&job->guest.networks);
	bd_identity_dispose(&job->identity);
	free(job->image_path);
	free(job->cfg_path);
	free(job->kernel_path);
	free(job->ramdisk_path);
	for (size_t i = 0; i < BD_FURTHER_DISKS_MAX; i++)
		free(job->disk_paths[i]);
	for (size_t i = 0; i < BD_PLAN_MOUNTS_MAX; i++)
		free(job->mounts[i]);
	free(job->seed_path);
	*job = (struct create_job){ 0 };
}
