/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs of e2fsprogs, run on a filesystem at an offset of an open image or device. Each is
 * confined to the descriptors that it works on (sandbox/program.h). A filesystem whose journal is on another device (an external
 * journal) is refused, with ENOTSUP, or is_refused and a status of 8. */
#ifndef BD_OPS_IMAGE_E2FSPROGS_H
#define BD_OPS_IMAGE_E2FSPROGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ops/guest/names.h"

/* As enum guest_remedy, of a filesystem that has to be checked and repaired first: the message ends in "repair it". */
#define IMAGE_REMEDY_CHECK (GUEST_REMEDY_DESTROY_AND_START + 1)

/* e2fsck -fn: nothing is changed. EIO: it has errors (IMAGE_REMEDY_CHECK). name: of the image, for the message. */
int e2fsprogs_check(int fd, uint64_t offset_bytes, const char *name, struct bd_error *err);

struct e2fsprogs_verdict {
	int status; /* of e2fsck(8): 0 clean, 1 and 2 corrected, 4 left uncorrected, 8 and more: it could not work */
	unsigned problems; /* that it named; at least 1 where status is 4 */
	bool is_refused; /* e2fsck was not run; first says why */
	char first[300]; /* of them, in its words, which may have bytes of a file's name in them; "": none */
};

/* e2fsck -fn. */
int e2fsprogs_verify(int fd, uint64_t offset_bytes, struct e2fsprogs_verdict *verdict_out, struct bd_error *err);

/* e2fsck -fp, and where that leaves something to decide, -fy. copy_block: the superblock is taken from there, in blocks of
 * block_bytes; 0: from its place. fd is open for writing. */
int e2fsprogs_repair(int fd, uint64_t offset_bytes, uint64_t copy_block, uint32_t block_bytes,
		     struct e2fsprogs_verdict *verdict_out, struct bd_error *err);

/* resize2fs -P: the smallest size that it can get, in blocks, as it estimates. */
int e2fsprogs_minimum(int fd, uint64_t offset_bytes, uint64_t *blocks_out, struct bd_error *err);

/* resize2fs, of a filesystem at the beginning of a file; the file is cut off, or extended, at its end. One that may have to be
 * checked before is taken as it is. */
int e2fsprogs_resize(int fd, uint64_t blocks, uint32_t block_bytes, struct bd_error *err);

/* e2image -r, or -ra with_data: of a filesystem of that size, into an empty file, the metadata, or all that is used, at its place. */
int e2fsprogs_copy(int fd, uint64_t offset_bytes, uint64_t size_bytes, bool with_data, int to_fd,
		   struct bd_error *err);

#endif
