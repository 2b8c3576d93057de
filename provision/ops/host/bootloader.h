/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that libxl runs in dom0 to find a guest's kernel: where they are. */
#ifndef BD_OPS_HOST_BOOTLOADER_H
#define BD_OPS_HOST_BOOTLOADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "xlcfg/read.h"

/* A program that a config names as bootloader, as libxl finds it: a path as it is; a name in the folder of Xen's own programs, then by
 * PATH. Our own, BD_BOOTLOADER_BIGDISK, is also found beside the running program: there it is in a build tree, and where PATH is
 * cron's; *only_beside_out (may be NULL): only there, where xl finds none. ENOPKG: it is not there; of that libxl would only say that the
 * boot loader has failed. */
int bd_host_find_bootloader(const char *name, char *path_out, size_t size, bool *only_beside_out,
			    struct bd_error *err);

/* Whether it is BD_BOOTLOADER_BIGDISK that boots this guest. */
bool bd_host_boots_by_bigdisk(const struct bd_cfg *cfg);

/* Before libxl may run it, in this process or in one that this one makes: adds the folder of the running program to PATH where
 * BD_BOOTLOADER_BIGDISK is found only there. */
void bd_host_let_libxl_find_bigdisk(void);

#endif
