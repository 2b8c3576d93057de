/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which Xen runs here, and what its libxenguest was built with: which kernels it unpacks depends on both (kernel/xen_unpacks.h). */
#ifndef BD_BOOTLOADER_XEN_RELEASE_H
#define BD_BOOTLOADER_XEN_RELEASE_H

#include "kernel/xen_unpacks.h"

/* By /sys/hypervisor, and the library's DT_NEEDED; both are the host's own. *major_out 0: no Xen, or it does not tell. */
void bd_xen_release_read(unsigned *major_out, unsigned *minor_out, struct bd_xen_libraries *libraries_out);

#endif
