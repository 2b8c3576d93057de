/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an ELF kernel says of Xen, in its notes (Xen's xen/include/public/elfnote.h; how libxc judges them: xen/common/libelf/
 * libelf-dominfo.c). The file is seen once, from its beginning to its end, as it comes out of a decompressor. */
#ifndef BD_KERNEL_XEN_NOTES_H
#define BD_KERNEL_XEN_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bd_xen_notes {
	bool is_64bit;
	/* It starts as a PV guest: XEN_VERSION is "xen-3.0", GUEST_OS begins with "linux" or LOADER with "generic", and there is an ENTRY,
	 * which Linux has where it was built with CONFIG_XEN_PV. libxc would take one without ENTRY, by the file's own entry point, at
	 * which no Linux starts under Xen. */
	bool pv;
	bool pvh; /* it has a PHYS32_ENTRY: CONFIG_PVH */
};

#define BD_XEN_NOTES_HEAD_BYTES 4096
#define BD_XEN_NOTES_SEGMENTS_MAX 8
#define BD_XEN_NOTES_BYTES_MAX 65536

/* Zeroed at the start. */
struct bd_xen_notes_reader {
	uint64_t at; /* bytes seen */
	size_t head_bytes;
	uint8_t head[BD_XEN_NOTES_HEAD_BYTES]; /* the ELF header and the program headers have to be here */
	bool is_head_read;
	bool is_64bit;
	size_t segment_count;
	struct {
		uint64_t offset, size; /* in the file */
		uint8_t *data; /* in notes */
	} segments[BD_XEN_NOTES_SEGMENTS_MAX];
	uint8_t *notes; /* owned */
};

/* The next piece. ENOEXEC: it is no ELF file for x86. EINVAL: its headers are damaged, or notes larger than any kernel's. */
int bd_xen_notes_take(struct bd_xen_notes_reader *reader, const void *data, size_t size_bytes, struct bd_error *err);
/* Behind the last piece: what there was. A file that ends before its notes do is EINVAL. */
int bd_xen_notes_finish(struct bd_xen_notes_reader *reader, struct bd_xen_notes *notes_out, struct bd_error *err);
void bd_xen_notes_dispose(struct bd_xen_notes_reader *reader); /* idempotent */

#endif
