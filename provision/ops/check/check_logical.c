/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel that reads the boot records of logical partitions would trip over. */
#include "ops/check/check_logical.h"

#include <inttypes.h>

#include "base/parse.h"
#include "disk/mbr.h"

#define RESTORE "restore the table from a dump made with sfdisk -d, or search for lost partitions with testdisk"

static int check_chain(const struct bd_examine_extended *extended, struct findings *findings, struct bd_error *err)
{
	static const char *const texts[] = {
		[BD_EXAMINE_CHAIN_BROKEN] = "has no extended boot record there",
		[BD_EXAMINE_CHAIN_LEAVES] = "leaves the extended partition there",
		[BD_EXAMINE_CHAIN_LOOPS] = "comes back to a boot record that it has already passed",
	};

	if (extended->chain == BD_EXAMINE_CHAIN_FINE)
		return 0;
	return finding_advise(findings_add(findings, "logical-chain-broken", FINDING_PROBLEM, extended->number, err,
					   "the chain of logical partitions leads to sector %" PRIu64
					   " and %s; logical partitions after the first %" PRIu32 " are lost",
					   extended->chain_lba, texts[extended->chain], extended->logical_count),
			      err, RESTORE);
}

static int check_end(const struct check_disk *disk, const struct bd_examine_extended *extended,
		     struct findings *findings, struct bd_error *err)
{
	uint64_t end = (extended->start_lba + extended->sectors) * BD_SECTOR_BYTES;
	char behind[32];

	if (end <= disk->survey.size_bytes)
		return 0;
	bd_format_size(end - disk->survey.size_bytes, behind, sizeof(behind));
	return finding_advise(findings_add(findings, "partition-outside-image", FINDING_PROBLEM, extended->number,
					   err, "extended partition %d ends %s past the end of the image",
					   extended->number, behind),
			      err,
			      "the image was cut off, or the table is that of a larger disk: restore the image, or "
			      "extend it: truncate -s %" PRIu64,
			      end);
}

int check_logical(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	const struct bd_examine_extended *extended = &disk->examine.extended;

	if (!extended->number)
		return 0;
	if (check_end(disk, extended, findings, err) != 0 || check_chain(extended, findings, err) != 0)
		return -1;
	if (extended->overlaps &&
	    finding_advise(
		    findings_add(findings, "partitions-overlap", FINDING_PROBLEM, extended->number, err,
				 "extended partition %d and partition %d overlap", extended->number,
				 extended->overlaps),
		    err,
		    "do not start the guest: what it writes to the one may destroy the chain of logical "
		    "partitions in the other; correct the table with sfdisk, from a dump or by what is in it") != 0)
		return -1;
	return extended->outside
		       ? finding_advise(findings_add(findings, "logical-partition-outside", FINDING_PROBLEM,
						     extended->outside, err,
						     "logical partition %d is not within extended partition %d",
						     extended->outside, extended->number),
					err,
					"correct its start and size, or those of the extended partition, with sfdisk")
		       : 0;
}
