/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's names of files: "(hd0,gpt2)/path", or "/path" on $root. */
#ifndef BD_BOOTMENU_GRUB_PLACE_H
#define BD_BOOTMENU_GRUB_PLACE_H

#include <stdbool.h>

#include "bootmenu/files.h"
#include "bootmenu/grub/run.h"
#include "bootmenu/menu.h"

struct grub_place {
	char device[BD_BOOTMENU_DEVICE_SIZE]; /* "" for that of the configuration */
	const char *path; /* in the name, or in text */
	char text[BD_BOOTMENU_TEXT_MAX];
};

/* *is_place_out false: it is no file's name, such as a list of blocks ("+1"), or its device's or its own is too long to be one.
 *
 * With $btrfs_relative_path, as openSUSE's GRUB has it, a path is below the subvolume that is mounted by default, be that another than
 * the top of the filesystem, or below $btrfs_subvol. The former is taken to be where the grub.cfg was found: run->root_folder. Where that is
 * nothing, because whoever reads the files looks into that subvolume by itself, /.snapshots is snapper's folder all the same. */
int grub_place_of(struct grub_run *run, const char *name, struct grub_place *place_out, bool *is_place_out,
		  struct bd_error *err);

/* What run->files calls it. */
const char *grub_place_device(const struct grub_run *run, const char *device);

/* btrfs-mount-subvol. E2BIG: there are GRUB_SUBVOLUMES_MAX. */
int grub_place_mount(struct grub_run *run, const char *folder, const char *subvolume, struct bd_error *err);

/* *type_out as of `look` in bootmenu/files.h. */
int grub_place_look(struct grub_run *run, const char *name, char *type_out, struct bd_error *err);

/* *text_out NULL: there is no such file, or it is larger than limit_bytes. The caller frees. */
int grub_place_read(struct grub_run *run, const char *name, size_t limit_bytes, char **text_out, size_t *size_out,
		    struct bd_error *err);

/* E2BIG: the path is longer than others can take. */
int grub_place_copy(const struct grub_place *place, struct bd_bootmenu_path *path_out, struct bd_error *err);

#endif
