/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grub.cfg and menu.lst: one source for GRUB 2 on a BIOS, HVM guests, pygrub and pvgrub. Pure text.
 *
 * The text is limited to what both GRUB 2's language and pygrub's parser (tools/pygrub/src/GrubConf.py in Xen)
 * accept: plain `set default=N`, a quoted title with the brace on its line, one `linux` and one `initrd`. */
#ifndef BD_GUEST_BOOTCFG_H
#define BD_GUEST_BOOTCFG_H

#include <stdbool.h>

#include "guest/description.h"
#include "rootfs/tree.h"

#define BD_CMDLINE_SIZE 1024 /* of the 2048 that Linux takes on x86 */
#define BD_APPEND_MAX 512

/* The kernel's command line: root by UUID, or, as the kernel knows no filesystem's without an initramfs, by PARTUUID; and a console
 * for each place that the image may boot in; then guest->append. */
void bd_kernel_cmdline(const struct bd_guest *guest, bool has_initramfs, char text_out[BD_CMDLINE_SIZE]);
/* What was appended to such a command line, a part of it, "" for nothing; NULL: it is none of ours, or was edited. */
const char *bd_kernel_cmdline_appended(const char *cmdline);
/* A command line with these arguments in the place of what was appended to it; behind all of one that is none of ours. append NULL:
 * nothing more. The caller frees. */
int bd_kernel_cmdline_append(const char *cmdline, const char *append, char **text_out, struct bd_error *err);

/* Arguments for the kernel that the config of xl, the language of GRUB, that of GRUB Legacy and pygrub all take as they stand:
 * printable, and none of the quotes and other characters that mean something to one of them. BD_EUSAGE. */
int bd_kernel_append_check(const char *text, struct bd_error *err);

/* kernel_path, initramfs_path: in the guest; kernel_path NULL: a grub.cfg without an entry. menu_lst: GRUB Legacy's
 * file as well. */
int bd_bootcfg_add(const struct bd_guest *guest, const char *kernel_path, const char *initramfs_path, int menu_lst,
		   struct bd_tree *tree, struct bd_error *err);

#endif
