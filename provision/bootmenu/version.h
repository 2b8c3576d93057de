/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of versions in boot loaders. Pure; <0, 0, >0. Kernels without a boot loader's word on them are ordered by
 * rootfs/kernel_name.h. */
#ifndef BD_BOOTMENU_VERSION_H
#define BD_BOOTMENU_VERSION_H

/* UAPI.10 Version Format Specification, as systemd has it (strverscmp_improved): where one has a number and the other none, the
 * number is newer, even 0. */
int bd_version_compare(const char *a, const char *b);

/* rpmvercmp: "~" sorts before the end, and caret behind it and before everything else. That is '^' in rpm, and '+' in the blscfg of
 * Fedora's GRUB. */
int bd_version_compare_rpm(const char *a, const char *b, char caret);

/* The names of two BLS entries as that blscfg compares them: NAME-VERSION-RELEASE, each part by rpmvercmp. */
int bd_version_compare_blscfg(const char *a, const char *b);

#endif
