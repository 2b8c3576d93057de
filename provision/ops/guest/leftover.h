/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files left by a run that was killed between publishing a guest's image and its config: an image with the mark of
 * bd_disk_mark_unfinished that was never mounted, or not since it was made beside a seed, and that no config names; the seed, further disks,
 * the kernel and the initramfs next to it; and of a guest on a device, which no file tells of, a seed, a kernel and an initramfs that have
 * such a mark each. Repeating the command replaces them, and `rm` of the guest's name removes them. */
#ifndef BD_OPS_GUEST_LEFTOVER_H
#define BD_OPS_GUEST_LEFTOVER_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "ops/guest/autostart.h"

/* The files that the guest would have; borrowed. */
struct leftover {
	const char *name;
	const char *cfg_path; /* absolute */
	const char *image_path; /* NULL: on a device; what is left of a volume is told by its tags (ops/create/volume.h) */
	const char *kernel_path, *ramdisk_path; /* NULL: none */
	size_t disk_count; /* how many disks it would have behind the first, whose names follow from that one's */
	const char *seed_path; /* of a disk for cloud-init; NULL: none */
};

/* The memory for the paths of one. */
struct leftover_paths {
	char cfg[PATH_MAX], image[PATH_MAX], kernel[PATH_MAX], ramdisk[PATH_MAX], seed[PATH_MAX];
};

/* What a guest of that name would have in a folder (NULL: the system's); leftover_out borrows from both. false: there is no
 * such folder, or it is no name for a guest. */
bool leftover_of_name(const char *name, const char *dir, struct leftover_paths *paths_out,
		      struct leftover *leftover_out);

/* BD_KIND_EXISTS: one of the files is there already, and is no leftover. gone: those that will not be there any more; NULL: none. */
int leftover_check_absent(const struct leftover *leftover, const struct guest_paths *gone, struct bd_error *err);

/* Whether there is one. Fails where that cannot be told. */
int leftover_is_there(const struct leftover *leftover, bool *there_out, struct bd_error *err);

/* What leftover_remove would remove, in its order; fails as it would. */
int leftover_plan(const struct leftover *leftover, struct guest_paths *paths_out, bool *there_out,
		  struct bd_error *err);

/* Files of those names that are nobody's: no config names them, and none of them is a leftover, so that they may be all that there is of a
 * guest whose config is lost. EINVAL: as guest_files_find. */
int leftover_find_unnamed(const struct leftover *leftover, struct guest_paths *paths_out, struct bd_error *err);

/* Removes it, and adds the paths to removed. The image goes last: while it is there, the next
 * run knows the other files too. *removed_out is false, and nothing was done, where there is none. The caller holds the
 * lock of the config. */
int leftover_remove(const struct leftover *leftover, struct guest_paths *removed, bool *removed_out,
		    struct bd_error *err);
/* The same, for who makes that guest again: says what was there. */
int leftover_replace(const struct leftover *leftover, bool *removed_out, struct bd_error *err);

#endif
