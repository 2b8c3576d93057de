/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Explains what on this host keeps a guest from booting, where libxl reports only that a program has failed. */
#ifndef BD_OPS_HOST_BOOT_OBSTACLES_H
#define BD_OPS_HOST_BOOT_OBSTACLES_H

#include "base/err.h"
#include "xlcfg/read.h"

/* ENOPKG: the config's bootloader is ours, and not installed. EACCES: the user that the bootloader runs as is not there or
 * cannot read the disk; says how to mend it. */
int boot_check_bootloader(const struct bd_cfg *cfg, struct bd_error *err);

/* Warns of bridges that are down. */
void boot_warn_bridges(const struct bd_cfg *cfg);

/* For a guest that could not be started: adds to err that a bridge of it is not there. Always -1. */
int boot_explain(const struct bd_cfg *cfg, struct bd_error *err);

/* The command that lets a user read a disk; the caller frees. NULL: none can be printed. */
char *boot_setfacl_command(const char *user, const char *disk);

#endif
