/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs e2fsck -fn on each filesystem for which its answer means something, and takes over what the superblock itself admits. */
#include "ops/check/check_fsck.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/progress.h"

static bool is_cut(const struct check_disk *disk, const struct bd_survey_filesystem *filesystem)
{
	return filesystem->start_bytes + filesystem->blocks * filesystem->block_bytes > disk->survey.size_bytes;
}

static bool is_own(const struct check_disk *disk, const struct bd_survey_filesystem *filesystem)
{
	return check_disk_is_own(disk, filesystem->start_bytes, filesystem->blocks * filesystem->block_bytes);
}

int check_fsck_run(struct check_disk *disk, struct bd_error *err)
{
	disk->fscks = calloc(disk->survey.filesystem_count + 1, sizeof(*disk->fscks));
	if (!disk->fscks)
		return bd_no_memory(err);
	for (size_t i = 0; i < disk->survey.filesystem_count; i++) {
		const struct bd_survey_filesystem *filesystem = &disk->survey.filesystems[i];
		struct check_fsck_result *result = &disk->fscks[i];
		if (disk->is_running)
			result->state = CHECK_FSCK_RUNNING;
		else if (filesystem->problem.code || is_cut(disk, filesystem))
			result->state = CHECK_FSCK_CUT;
		else if (filesystem->needs_recovery)
			result->state = CHECK_FSCK_JOURNAL;
		if (result->state != CHECK_FSCK_DONE)
			continue;
		bd_progress_stage("checking the filesystem", 0);
		if (e2fsprogs_verify(disk->place->fd, filesystem->start_bytes, &result->verdict, err) != 0)
			return -1;
		bd_progress_end(0);
	}
	return 0;
}

/* Which of the two is lying is another finding. */
static int advise_size_first(struct finding *finding, struct bd_error *err)
{
	return finding_advise(finding, err,
			      "see to its size and the partition table first: e2fsck would write to what is not the "
			      "filesystem's own");
}

static int advise_fsck(const struct check_disk *disk, const struct bd_survey_filesystem *filesystem,
		       struct finding *finding, struct bd_error *err)
{
	if (!is_own(disk, filesystem))
		return advise_size_first(finding, err);
	if (finding) {
		finding->repair = FINDING_REPAIR_FSCK;
		finding->first = filesystem->start_bytes;
	}
	return finding_advise(finding, err, "e2fsck -f '%s?offset=%" PRIu64 "'", disk->place->image,
			      filesystem->start_bytes);
}

/* e2fsck itself can replay it only where the filesystem is a file or a device of its own (fsck_copy.h). */
static int judge_journal(const struct check_disk *disk, const struct bd_survey_filesystem *filesystem,
			 struct findings *findings, struct bd_error *err)
{
	struct finding *finding =
		findings_add(findings, "journal-not-replayed", FINDING_PROBLEM, filesystem->partition, err,
			     "the filesystem was not unmounted cleanly, and was not checked, as its journal has to "
			     "be replayed first");
	if (!is_own(disk, filesystem))
		return advise_size_first(finding, err);
	if (finding) {
		finding->repair = FINDING_REPAIR_JOURNAL;
		finding->first = filesystem->start_bytes;
		finding->second = filesystem->blocks * filesystem->block_bytes;
	}
	return finding_advise(finding, err, "start the guest and shut it down cleanly, or replay the journal");
}

static int judge_one(const struct check_disk *disk, const struct bd_survey_filesystem *filesystem,
		     const struct check_fsck_result *result, struct findings *findings, struct bd_error *err)
{
	const struct e2fsprogs_verdict *verdict = &result->verdict;
	int number = filesystem->partition;

	if (result->state == CHECK_FSCK_JOURNAL)
		return judge_journal(disk, filesystem, findings, err);
	if (result->state != CHECK_FSCK_DONE)
		return 0;
	if (verdict->is_refused)
		return finding_advise(findings_add(findings, "filesystem-not-checked", FINDING_PROBLEM, number, err,
						   "the filesystem cannot be checked: %s", verdict->first),
				      err, "check it where that device is, as in the guest");
	if (verdict->status >= 8)
		return advise_fsck(disk, filesystem,
				   findings_add(findings, "filesystem-not-checked", FINDING_PROBLEM, number, err,
						"e2fsck cannot check the filesystem: %s", verdict->first),
				   err);
	if (verdict->status)
		return advise_fsck(
			disk, filesystem,
			findings_add(findings, "filesystem-inconsistent", FINDING_PROBLEM, number, err,
				     "e2fsck finds %u problem%s%s%s", verdict->problems,
				     verdict->problems == 1 ? "" : "s",
				     *verdict->first ? verdict->problems == 1 ? ": " : ", the first: " : "",
				     verdict->first),
			err);
	if (filesystem->state == BD_SURVEY_HAS_ERRORS)
		return advise_fsck(
			disk, filesystem,
			findings_add(findings, "filesystem-has-errors", FINDING_PROBLEM, number, err,
				     "the kernel has found errors in the filesystem, and marked it for a check"),
			err);
	if (filesystem->state == BD_SURVEY_NOT_UNMOUNTED)
		return advise_fsck(disk, filesystem,
				   findings_add(findings, "filesystem-not-unmounted", FINDING_PROBLEM, number, err,
						"the filesystem was not unmounted cleanly"),
				   err);
	return 0;
}

int check_fsck_judge(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	for (size_t i = 0; i < disk->survey.filesystem_count; i++)
		if (judge_one(disk, &disk->survey.filesystems[i], &disk->fscks[i], findings, err) != 0)
			return -1;
	return 0;
}
