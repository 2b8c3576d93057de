/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The totals of a template that was written. */
#ifndef BD_TEMPLATE_WRITER_TOTALS_H
#define BD_TEMPLATE_WRITER_TOTALS_H

#include <stdint.h>

struct bd_sealed_writer_totals {
	uint32_t directories, inodes;
	uint64_t content_bytes; /* sizes of all regular files */
	uint64_t payload_bytes;
	char tree_checksum[65], payload_checksum[65]; /* BLAKE2b-256, as `b2sum -l 256` prints them */
};

#endif
