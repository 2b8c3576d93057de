/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a copied guest that identify its source: the UUIDs of its disk, its name, its address. Paths are not
 * changed here; in a config, xlcfg/replace_path.h does that. */
#ifndef BD_GUEST_RENEW_H
#define BD_GUEST_RENEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "rootfs/overlay.h"

#define BD_RENEWAL_TEXT_SIZE 66
#define BD_RENEWAL_WORDS_MAX 160 /* each interface can have 16 addresses */

struct bd_word_change {
	char from[BD_RENEWAL_TEXT_SIZE], to[BD_RENEWAL_TEXT_SIZE];
};

struct bd_word_changes {
	struct bd_word_change items[BD_RENEWAL_WORDS_MAX];
	size_t count;
};

struct bd_renewal {
	const char *old_name, *new_name; /* of the guest */
	bool only_name; /* it is the same guest by another name: what it is known by otherwise stays */
	bool keeps_network; /* its network is not configured anew */
	struct bd_word_changes disk; /* UUIDs of filesystems, of swap, of partitions */
	struct bd_word_changes addresses;
};

/* ENOSPC: there are too many. Empty words, and one that stays the same, are left out. */
int bd_word_changes_add(struct bd_word_changes *changes, const char *from, const char *to, struct bd_error *err);

/* The text with each of the words replaced where it stands by itself: no letter, digit, "_", "-" or "." before it and no
 * letter, digit, "_" or "-" behind it, so that web01 in web01.example.org is one, and in web01-old is none. Capital and
 * small letters are the same. The caller frees; NULL: nothing was to be replaced. */
int bd_words_replace(const char *text, const struct bd_word_changes *changes, char **text_out, struct bd_error *err);

/* In the files that say how to boot, but for GRUB's grub.cfg and menu.lst in /boot/grub, which have titles in them:
 * /etc/default/grub, /etc/kernel/cmdline, the entries of kernel-install(8), grubenv. */
int bd_renew_boot_files(const struct bd_word_changes *changes, const struct bd_overlay *overlay,
			struct bd_error *err);
/* In one file, if it is there and no symlink. */
int bd_renew_words(const struct bd_word_changes *changes, const struct bd_overlay *overlay, const char *path,
		   struct bd_error *err);

int bd_renewal_apply(const struct bd_renewal *renewal, const struct bd_overlay *overlay, struct bd_error *err);

#endif
