/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares kernel versions as dpkg does, and as linux-version(1) does release candidates. */
#ifndef BD_ROOTFS_KERNEL_VERSION_H
#define BD_ROOTFS_KERNEL_VERSION_H

/* <0, 0, >0 in the order of Debian's versions: numbers as numbers, "~" before the end (deb-version(7)), and so "-rc1". */
int bd_kernel_compare_versions(const char *a, const char *b);

#endif
