/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a guest's xl config (xl.cfg(5)). Pure; xl-configs/ holds an example per boot mode, which are its
 * goldens.
 */
#ifndef BD_XLCFG_WRITE_H
#define BD_XLCFG_WRITE_H

#include "guest/description.h"

struct bd_xlcfg_files {
	const char *image; /* absolute */
	const char *seed; /* an ISO 9660 image for cloud-init; NULL: none */
	char *const *disks; /* further ones, absolute; as many as the guest has */
	bool is_windows; /* what is on the image */
	bool never_reports; /* nothing in the guest tells dom0 that it is up */
	const char *kernel; /* pvgrub: GRUB for Xen; direct: the guest's kernel; uefi: the firmware; else NULL */
	const char *ramdisk; /* direct, where the guest has an initramfs; else NULL */
	const char *cmdline; /* direct; else NULL */
	const char *template, *fleet; /* what the guest comes from and belongs to, for our comment; NULL: left out */
};

/* The second line is the comment that xlcfg/read.h describes, where there is something to say in it.
 * EINVAL: a path or name cannot be written into a config without changing its meaning. The caller frees. */
int bd_xlcfg_format(const struct bd_guest *guest, const struct bd_xlcfg_files *files, char **text_out,
		    struct bd_error *err);

/* The value of vif=, a string for each interface. The caller frees. */
int bd_xlcfg_vif_list(const struct bd_networks *networks, char **list_out, struct bd_error *err);

#endif
