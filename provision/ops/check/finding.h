/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The findings of a check of an image: what is wrong, what to do about it, and whether we can. */
#ifndef BD_OPS_CHECK_FINDING_H
#define BD_OPS_CHECK_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum finding_level {
	FINDING_WARNING, /* it does no harm as it is, and may not be what was meant */
	FINDING_PROBLEM,
};

enum finding_repair {
	FINDING_NO_REPAIR,
	FINDING_REPAIR_CHANGE, /* an interrupted change is completed, which locking the image does */
	FINDING_REPAIR_MAGIC, /* 55 AA at the end of sector 0 */
	FINDING_REPAIR_ENTRY, /* the partition gets `first`, its sector, and `second`, how many it has */
	FINDING_REPAIR_GPT, /* from the copy whose header is in sector `first`, of sectors of `second` bytes */
	FINDING_REPAIR_PROTECTIVE_MBR, /* of a GPT with sectors of `second` bytes */
	FINDING_REPAIR_FSCK, /* e2fsck, of the filesystem that begins at byte `first` */
	FINDING_REPAIR_JOURNAL, /* likewise, of `second` bytes, with a journal to be replayed */
	FINDING_REPAIR_FSCK_COPY, /* as FINDING_REPAIR_FSCK, by the superblock's copy in block `second` of `third` bytes */
	FINDING_REPAIR_BOOT, /* GRUB's boot sector and core.img anew */
};

struct finding {
	const char *id; /* for scripts; a constant */
	enum finding_level level;
	bool corrected, tried; /* tried: to repair it */
	size_t disk; /* of the guest's, from 0 */
	int partition; /* 0: the disk as a whole */
	char *found, *advice; /* one line each; owned */
	enum finding_repair repair;
	uint64_t first, second, third;
};

struct findings {
	struct finding *items; /* owned */
	size_t count;
	size_t disk; /* that is looked at */
};

void findings_dispose(struct findings *findings); /* idempotent */

/* The item that was added, to be completed; NULL: no memory. */
struct finding *findings_add(struct findings *findings, const char *id, enum finding_level level, int partition,
			     struct bd_error *err, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* What to do. finding may be NULL: the error is set then. */
int finding_advise(struct finding *finding, struct bd_error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The one of the same id, disk and partition; NULL: there is none. */
struct finding *findings_find(const struct findings *findings, const struct finding *like);

/* Moves those to `to` of which it had none like them; several alike in `from` are several. */
int findings_merge(struct findings *to, struct findings *from, struct bd_error *err);

#endif
