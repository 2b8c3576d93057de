/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernels and their initramfs are called, and which of two kernels is newer. Pure. */
#ifndef BD_ROOTFS_KERNEL_NAME_H
#define BD_ROOTFS_KERNEL_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* <0, 0, >0 in the order of Debian's versions: numbers as numbers, "~" before the end (deb-version(7)), and so "-rc1", as
 * linux-version(1) has it. */
int bd_kernel_compare_versions(const char *a, const char *b);

/* What dracut keeps for repairs: "0-rescue-MACHINE_ID". */
bool bd_kernel_is_rescue(const char *version);

/* Which of two is rather booted: one of a number ("6.1.0-9-amd64") before a name ("lts", "virt"), and both before a rescue kernel. */
bool bd_kernel_is_newer(const char *version, const char *than);

/* What package managers, editors and `make install` keep beside a kernel, and checksums and signatures of one. version: what is
 * behind the prefix of a file's name. */
bool bd_kernel_is_leftover(const char *version);

/* The version in the name of a file in /boot: "6.1.0-9-amd64" of "vmlinuz-6.1.0-9-amd64". NULL: that is no kernel's name. */
const char *bd_kernel_version_of(const char *name);

/* What an initramfs is called: before, the kernel's version, behind; by Debian, Fedora, Arch, Alpine, Gentoo and SUSE. */
struct bd_kernel_initramfs_name {
	const char *before, *behind;
};
#define BD_KERNEL_INITRAMFS_NAMES 4
extern const struct bd_kernel_initramfs_name bd_kernel_initramfs_names[BD_KERNEL_INITRAMFS_NAMES];

#endif
