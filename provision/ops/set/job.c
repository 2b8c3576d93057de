/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps what is changed of a guest. */
#include "ops/set/job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "xlcfg/edit.h"

void set_job_dispose(struct set_job *job)
{
	for (size_t i = 0; i < job->change_count; i++) {
		free(job->changes[i].from);
		free(job->changes[i].to);
	}
	bd_cfg_dispose(&job->cfg);
	free(job->text);
	free(job->new_text);
	free(job->boot.kernel);
	free(job->boot.ramdisk);
	free(job->boot.cmdline);
	bd_cleanup_close(&job->boot.disk_fd);
	bd_cleanup_close(&job->lock_fd);
	*job = (struct set_job)SET_JOB_INIT;
}

static int copy(const char *text, char **copy_out, struct bd_error *err)
{
	*copy_out = text ? strdup(text) : NULL;
	return text && !*copy_out ? bd_no_memory(err) : 0;
}

int set_job_add(struct set_job *job, const char *key, const char *from, const char *to,
		struct set_change **change_out, struct bd_error *err)
{
	if (change_out)
		*change_out = NULL;
	if (bd_text_is_same(from, to))
		return 0;
	assert(job->change_count < SET_CHANGES_MAX);
	struct set_change *change = &job->changes[job->change_count++];
	*change = (struct set_change){ .key = key };
	if (change_out)
		*change_out = change;
	return copy(from, &change->from, err) != 0 ? -1 : copy(to, &change->to, err);
}

int set_job_edit(struct set_job *job, const char *key, const char *value, struct bd_error *err)
{
	const struct bd_cfg_change change = { .key = key, .value = value };
	char *changed;

	if (bd_cfg_edit(job->new_text, &change, 1, &changed, err) != 0)
		return -1;
	bd_text_replace(&job->new_text, changed);
	return 0;
}
