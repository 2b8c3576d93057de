/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernels libxc (libxenguest, which libxl builds guests with) unpacks itself, so that they can be handed to it as they are. The same
 * for PV and PVH: both find their loader by xc_dom_find_loader, and what that of bzImages has unpacked is then judged by its ELF notes
 * (kernel/xen_notes.h).
 *
 * Read in Xen's source, branches stable-4.17 to stable-4.22 of July 2026: tools/libs/guest/xg_dom_bzimageloader.c, xg_dom_core.c,
 * tools/configure.ac. */
#ifndef BD_KERNEL_XEN_UNPACKS_H
#define BD_KERNEL_XEN_UNPACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/compression.h"
#include "kernel/stream.h"

enum bd_xen_unpacks {
	BD_XEN_UNPACKS_NOT,
	BD_XEN_UNPACKS,
	BD_XEN_UNPACKS_IF_BUILT /* it depends on libraries, and which there are is not known */
};

/* What a libxenguest is linked with. Debian 12 (4.17) and 13 (4.20) have liblzma and libzstd only: no bzip2, no LZO (Depends of
 * libxenmisc4.17; DT_NEEDED of libxenguest.so in it and in libxenmisc4.20). */
struct bd_xen_libraries {
	bool is_known;
	bool bzip2, lzma, lzo, zstd, lz4;
};

/* From the libxenguest.so.4.NN of this host, an ELF file of 64 bits: its DT_NEEDED. ENOEXEC: it is something else. EINVAL: it is
 * damaged. */
int bd_xen_libraries_read(const struct bd_kernel_source *library, struct bd_xen_libraries *libraries_out,
			  struct bd_error *err);

/* Of Xen MAJOR.MINOR, from 4.17 on; older ones are BD_XEN_UNPACKS_NOT, newer ones than are known are taken for the newest. window_bytes: as
 * the kernel says (kernel/compression.h): LZMA and xz have a limit there. */
enum bd_xen_unpacks bd_xen_unpacks(unsigned major, unsigned minor, const struct bd_xen_libraries *libraries,
				   enum bd_compression compression, uint64_t window_bytes);

#endif
