/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes to a disk image that are done all or not at all, however the program or the machine ends.
 *
 * They are first written down in a log: a hidden file beside the image, or, for a block device, one in the cache. When all of them
 * are in it and on the disk, it gets its name, which is the moment from which they count; then they are done, and the log is
 * removed. Doing them twice is the same as once, so whoever finds the log does them again from the beginning. A log does not count
 * any more when the image has been written to by somebody else meanwhile, as by a guest that was started: that is told by the
 * sectors that witness (the partition table, superblocks), which must be as they were or as they are to be.
 *
 * Order: bd_redo_recover, before the image is looked at. Then bd_redo_begin, bd_redo_witness, bd_redo_zero and bd_redo_write in any
 * order, bd_redo_commit; bd_redo_dispose. Later changes win over earlier ones.
 *
 * File, little-endian: "XBDREDO1"; u64 size in bytes that the image gets, 0: it keeps its own; u64 count of records; u64 count of
 * witnesses; u64 size of the file; u64 hash of what follows; the witnesses: u64 offset, 512 bytes as they were, 512 as they are to
 * be; the records: u64 kind, u64 offset, u64 size, and what is to be written.
 */
#ifndef BD_DISK_REDO_H
#define BD_DISK_REDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file/atomic_file.h"
#include "base/sector.h"

#define BD_REDO_WITNESSES 4

struct bd_redo_witness {
	uint64_t offset_bytes;
	uint8_t before[BD_SECTOR_BYTES], after[BD_SECTOR_BYTES];
};

struct bd_redo {
	struct bd_atomic_file log; /* owned */
	int image_fd; /* borrowed */
	uint64_t end_bytes, hash, record_count;
	struct bd_redo_witness witnesses[BD_REDO_WITNESSES];
	size_t witness_count;
	uint8_t *buffer; /* what is not in the log yet; owned */
	size_t used;
};

#define BD_REDO_INIT \
	{ \
		.log = BD_ATOMIC_FILE_INIT, .image_fd = -1 \
	}

/* image_fd: open for reading and writing. */
int bd_redo_begin(const char *image, int image_fd, struct bd_redo *redo_out, struct bd_error *err);
void bd_redo_dispose(struct bd_redo *redo); /* idempotent; what was not committed is forgotten */

int bd_redo_witness(struct bd_redo *redo, uint64_t offset_bytes, struct bd_error *err);
int bd_redo_zero(struct bd_redo *redo, uint64_t offset_bytes, uint64_t size_bytes, struct bd_error *err);
/* size_bytes: at most 1 MiB. */
int bd_redo_write(struct bd_redo *redo, uint64_t offset_bytes, const void *data, size_t size_bytes,
		  struct bd_error *err);

/* size_bytes: that the image has when all is done; 0: it keeps its own, as a device. What was written to the image without the log
 * reaches the disk before the log counts. When this fails with the log in place, the message says that the changes are complete with
 * the next call of bd_redo_recover. */
int bd_redo_commit(struct bd_redo *redo, uint64_t size_bytes, struct bd_error *err);

/* Completes what was interrupted. *done_out: there was something. ESTALE: there is a log, and the image has been changed since. */
int bd_redo_recover(const char *image, int image_fd, bool *done_out, struct bd_error *err);

/* The same by the image's name, for who is about to use it as a whole. Only where there is a log, the image is opened; EBUSY: another
 * program has it open. */
int bd_redo_complete(const char *image, struct bd_error *err);

/* The path of the log by which an interrupted change of the image can be completed; the caller frees. NULL: none is to be seen.
 * Nothing is made and nothing is written. */
char *bd_redo_find(const char *image);

/* Forgets the log, if there is one, of an image whose content is lost. */
int bd_redo_discard(const char *image, struct bd_error *err);

/* Where what belongs to an image, and is in work, lies: beside a file, or in the cache for a device. suffix: "redo". */
int bd_redo_path(const char *image, const char *suffix, char **path_out, struct bd_error *err);

#endif
