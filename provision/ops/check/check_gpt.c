/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A damaged header or its entries come from the other copy; what is a leftover is left to the administrator. */
#include "ops/check/check_gpt.h"

#include <inttypes.h>

#define RESTORE \
	"restore the table from a dump made with sfdisk -d or sgdisk -b, or search for partitions with testdisk"

static void set_repair(const struct check_disk *disk, struct finding *finding, enum finding_repair repair)
{
	if (!finding || !disk->examine.gpt_source_lba)
		return;
	finding->repair = repair;
	finding->first = disk->examine.gpt_source_lba;
	finding->second = disk->examine.gpt_sector_bytes;
}

static int check_misplaced(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	struct finding *finding =
		findings_add(findings, "gpt-backup-misplaced", FINDING_WARNING, 0, err,
			     "the backup GPT header is not in the last sector: the disk was made larger");

	set_repair(disk, finding, FINDING_REPAIR_GPT);
	return finding_advise(finding, err, "move it to the end: sgdisk -e");
}

static int check_header(const struct check_disk *disk, enum bd_examine_gpt state, bool is_backup,
			struct findings *findings, struct bd_error *err)
{
	static const char *const texts[] = {
		[BD_EXAMINE_GPT_MISSING] = "header is missing",
		[BD_EXAMINE_GPT_HEADER] = "header is damaged (wrong checksum or address)",
		[BD_EXAMINE_GPT_ENTRIES] = "partition entries are damaged (wrong checksum)",
	};

	if (state == BD_EXAMINE_GPT_FINE)
		return 0;
	if (state == BD_EXAMINE_GPT_MISPLACED)
		return check_misplaced(disk, findings, err);
	struct finding *finding =
		findings_add(findings, is_backup ? "gpt-backup-damaged" : "gpt-header-damaged", FINDING_PROBLEM, 0,
			     err, "the %s GPT %s", is_backup ? "backup" : "primary", texts[state]);
	set_repair(disk, finding, FINDING_REPAIR_GPT);
	if (is_backup)
		return finding_advise(finding, err, "rewrite it from the primary GPT: sgdisk -e");
	/* Other programs look for the backup at the end of the disk only, and gdisk would begin an empty table. */
	if (disk->examine.has_hidden_gpt)
		return finding_advise(finding, err, "rewrite it from the backup GPT, which is at sector %" PRIu64,
				      disk->examine.gpt_source_lba);
	return finding_advise(finding, err, "rewrite it from the backup GPT: gdisk, commands r, b and w");
}

int check_gpt(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	return check_header(disk, disk->examine.gpt, false, findings, err) != 0 ||
			       check_header(disk, disk->examine.gpt_backup, true, findings, err) != 0
		       ? -1
		       : 0;
}

static int check_protection(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	if (!disk->examine.may_protect)
		return finding_advise(
			findings_add(findings, "gpt-protective-mbr-missing",
				     disk->survey.filesystem_count ? FINDING_WARNING : FINDING_PROBLEM, 0, err,
				     "there is a valid GPT, but also an MBR with partitions of its own and no "
				     "protective entry: one of the two tables is a leftover"),
			err,
			"if the GPT is in use, write its protective MBR: gdisk, choose the GPT, command w; if the "
			"MBR is, erase the GPT: sgdisk --zap");
	struct finding *finding =
		findings_add(findings, "gpt-protective-mbr-missing", FINDING_PROBLEM, 0, err,
			     "the GPT is valid, but the protective MBR before it is missing, so its "
			     "partitions are not found");
	set_repair(disk, finding, FINDING_REPAIR_PROTECTIVE_MBR);
	return finding_advise(finding, err, "write a protective MBR: gdisk, choose the GPT, command w");
}

int check_hidden_gpt(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	const struct bd_examine *examine = &disk->examine;

	if (!examine->has_hidden_gpt && disk->survey.table == BD_SURVEY_NO_TABLE && !examine->lacks_protective_mbr)
		return finding_advise(findings_add(findings, "gpt-header-damaged", FINDING_PROBLEM, 0, err,
						   "the protective MBR says that there is a GPT, but neither the "
						   "primary nor a backup is valid"),
				      err, RESTORE);
	if (!examine->has_hidden_gpt)
		return 0;
	if (!examine->lacks_protective_mbr)
		return check_gpt(disk, findings, err);
	if (examine->gpt == BD_EXAMINE_GPT_FINE)
		return check_protection(disk, findings, err);
	/* Somebody may have erased the table on purpose. */
	return finding_advise(
		findings_add(findings, "gpt-header-damaged", FINDING_PROBLEM, 0, err,
			     "the protective MBR and the primary GPT are missing, and there is a valid backup GPT at "
			     "sector %" PRIu64,
			     examine->gpt_source_lba),
		err,
		"if its partitions are wanted, restore the table from it: gdisk, use the current GPT, commands r, "
		"b and w");
}
