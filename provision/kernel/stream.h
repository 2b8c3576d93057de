/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where kernels and initrds are read from and written to: a file on the host, a file inside of a disk's filesystem, a section of a
 * unified kernel image, a pipe. Nothing here holds more than a piece of it in memory. */
#ifndef BD_KERNEL_STREAM_H
#define BD_KERNEL_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Bytes that can be read at any place. */
struct bd_kernel_source {
	uint64_t size_bytes;
	/* As many as there are of size_bytes (> 0) at at_bytes, which is below size_bytes of the source; fewer than asked for, also in the
	 * middle, are no error, none at all (*got_out 0) is its end. */
	int (*read)(const struct bd_kernel_source *source, uint64_t at_bytes, void *data_out, size_t size_bytes,
		    size_t *got_out, struct bd_error *err);
	void *context; /* borrowed; of read alone */
	const struct bd_kernel_source *whole; /* of a part of another; borrowed */
	uint64_t first_byte; /* in the descriptor, or in the whole */
	int fd; /* borrowed */
};

/* All of size_bytes at at_bytes; EINVAL where the source ends before. */
int bd_kernel_read_at(const struct bd_kernel_source *source, uint64_t at_bytes, void *data_out, size_t size_bytes,
		      struct bd_error *err);

/* A file or block device of a size that is known. It is read with lseek(2) and read(2), which the filter of sandbox/sandbox.h has,
 * where pread(2) is not; so its position moves, and nobody else may use that at the same time. */
struct bd_kernel_source bd_kernel_source_fd(int fd, uint64_t size_bytes);

/* size_bytes of another source, which stays where it is, at at_bytes. EINVAL: it has none there. */
int bd_kernel_source_part(const struct bd_kernel_source *whole, uint64_t at_bytes, uint64_t size_bytes,
			  struct bd_kernel_source *part_out, struct bd_error *err);

/* Where bytes go to, one piece behind the other. */
struct bd_kernel_sink {
	/* All of it, or an error. */
	int (*write)(const struct bd_kernel_sink *sink, const void *data, size_t size_bytes, struct bd_error *err);
	void *context; /* borrowed; of write alone */
	int fd; /* borrowed */
};

/* A file at its position, or a pipe. */
struct bd_kernel_sink bd_kernel_sink_fd(int fd);

#define BD_KERNEL_COPY_BYTES 65536

/* All of the source, piece by piece. EINVAL: it ends before its size. */
int bd_kernel_copy(const struct bd_kernel_source *source, const struct bd_kernel_sink *sink, struct bd_error *err);

#endif
