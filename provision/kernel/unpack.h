/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacks the kernel that is packed in a bzImage: the ELF file that Xen starts a PV or PVH guest from, where libxc cannot do that itself
 * (kernel/xen_unpacks.h). Decompressors are libarchive's; what they make of hostile bytes is theirs, so this runs in the child of
 * sandbox/sandbox.h. Apart from that it depends on nothing there: memory and output have limits of their own. */
#ifndef BD_KERNEL_UNPACK_H
#define BD_KERNEL_UNPACK_H

#include <stdint.h>

#include "kernel/bzimage.h"
#include "kernel/stream.h"
#include "kernel/xen_notes.h"

struct bd_unpack_limits {
	/* libxc has 1 GiB (XC_DOM_DECOMPRESS_MAX); kernels of distributions have 40 to 100 MiB. */
	uint64_t output_bytes;
	/* Of the first frame's window (kernel/compression.h); what a later one asks for is up to the child's own limit, and to 1 GiB. The
	 * kernel's own build asks for up to 128 MiB: zstd -22, and xz since Linux 6.12. The child needs as much address space, and 48 MiB
	 * more; it touches no more of it than the output has. */
	uint64_t window_bytes;
	/* Of CPU time of this process, looked at between pieces. A kernel of a distribution takes less than one on hardware of today, and
	 * some ten in an emulated machine. */
	unsigned cpu_s;
};

#define BD_UNPACK_LIMITS_INIT \
	{ \
		UINT64_C(256) << 20, UINT64_C(128) << 20, 30 \
	}

struct bd_unpacked {
	uint64_t size_bytes;
	struct bd_xen_notes notes;
};

/* Loads the decompressors, which has to be done while files can be opened: before the sandbox. ENOPKG: libarchive is not installed. */
int bd_unpack_prepare(struct bd_error *err);

/* The ELF file of an image that bd_bzimage_read has read from the source, to the sink. Nothing has been written where the first bytes are
 * no ELF file's; after any other failure, there is a part of it.
 *
 * EFBIG: it is, or says it is, larger than the limit. E2BIG: its window is. ETIME: it takes longer. ENOTSUP: its compression is unknown, or
 * not built into this libarchive (LZO is not, in Debian's). ENOEXEC: what is packed is no ELF file for x86. EINVAL: it is damaged: it
 * cannot be unpacked, has another size or checksum than it says, or notes that cannot be read. */
int bd_unpack(const struct bd_kernel_source *source, const struct bd_bzimage *image,
	      const struct bd_unpack_limits *limits, const struct bd_kernel_sink *sink,
	      struct bd_unpacked *unpacked_out, struct bd_error *err);

#endif
