/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a copied guest that identify its source: the UUIDs of its disk, its name, its address. Paths are not
 * changed here; in a config, xlcfg/replace_path.h does that. */
#ifndef BD_GUEST_RENEW_H
#define BD_GUEST_RENEW_H

#include <stdbool.h>

#include "adapt/hosts.h"
#include "adapt/words.h"
#include "base/err.h"
#include "rootfs/overlay.h"

struct bd_renewal {
	const char *old_name, *new_name; /* of the guest */
	bool only_name; /* it is the same guest by another name: what it is known by otherwise stays */
	bool keeps_network; /* its network is not configured anew */
	struct bd_word_changes disk; /* UUIDs of filesystems, of swap, of partitions */
	struct bd_word_changes addresses;
};

/* In the files that say how to boot, but for GRUB's grub.cfg and menu.lst in /boot/grub, which have titles in them:
 * /etc/default/grub, /etc/kernel/cmdline, the entries of kernel-install(8), grubenv. */
int bd_renew_boot_files(const struct bd_word_changes *changes, const struct bd_overlay *overlay,
			struct bd_error *err);
/* In one file, if it is there and no symlink. */
int bd_renew_words(const struct bd_word_changes *changes, const struct bd_overlay *overlay, const char *path,
		   struct bd_error *err);

/* The label that the root filesystem gets where it has that of the old name. label_out "": it stays, also where a file that says how to boot
 * or what to mount goes by it, which is said. */
int bd_renewal_label(const struct bd_renewal *renewal, const char *label, const struct bd_overlay *overlay,
		     char label_out[17], struct bd_error *err);

int bd_renewal_apply(const struct bd_renewal *renewal, const struct bd_overlay *overlay, struct bd_error *err);

#endif
