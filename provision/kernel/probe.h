/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kinds of Xen guests a kernel can be started as, and whether it has their disk driver built in: looked at in the sandbox. */
#ifndef BD_KERNEL_PROBE_H
#define BD_KERNEL_PROBE_H

#include <stdbool.h>

#include "base/err.h"

struct bd_kernel_probe {
	bool pv, pvh; /* as in kernel/xen_notes.h */
	/* Linux's xen-blkfront is no module: the name of its parameter, with the module's before it as only a driver that is built in
	 * has it, is in the kernel. */
	bool has_disk_driver;
};

/* A bzImage, or the ELF file that was in one, from the descriptor, whose position moves. ENOEXEC: it is neither, or so damaged or large
 * that nothing can be told. */
int bd_kernel_probe(int fd, struct bd_kernel_probe *probe_out, struct bd_error *err);

#endif
