/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads grub.cfg, menu.lst and extlinux.conf as far as it takes to say which kernels they would boot: as pygrub does (GrubConf.py,
 * ExtLinuxConf.py of Xen's tools/pygrub), which expands no variables and runs no scripts. Pure.
 */
#ifndef BD_INSIDE_EXAMINE_BOOT_CONFIG_H
#define BD_INSIDE_EXAMINE_BOOT_CONFIG_H

#include <stddef.h>

#include "inside/examine/facts.h"

/* The paths that pygrub tries, in its order; ends with a NULL. */
extern const char *const bd_boot_config_paths[];

/* text: ended by a NUL; it is changed. Returns the number of entries that name a kernel; has_kernel and has_initramfs stay
 * false. The kernel of an entry with a hypervisor is that of its first module. */
size_t bd_boot_config_read(char *text, struct bd_examine_entry entries_out[BD_EXAMINE_ENTRIES_MAX]);

#endif
