/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides which of the files named in a config belong to the guest alone, and are removed and renamed with it. */
#ifndef BD_OPS_GUEST_FILES_H
#define BD_OPS_GUEST_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "xlcfg/read.h"

/* Of the disk that tells cloud-init who the guest is. */
#define GUEST_SEED_SUFFIX "-seed.iso"

struct guest_file {
	char *path; /* owned */
	const char *
		suffix; /* ".img", "_disk2.img" (of path then), "-seed.iso", ".vmlinuz", ".initramfs"; "" for a volume; NULL for what is not the guest's own */
	bool is_volume; /* a logical volume, /dev/GROUP/NAME, which may be inactive */
	bool there;
	const char *stays; /* why it is not the guest's own ("it is a block device"); NULL: it is */
};

struct guest_files {
	struct guest_file *items;
	size_t count;
};

void guest_files_dispose(struct guest_files *files); /* idempotent; a zeroed struct will do */

/* Own are the disks NAME.img, NAME_disk2.img and so on, NAME-seed.iso, the logical volume NAME that was made for it (volume/change.h), the kernel NAME.vmlinuz and the initramfs NAME.initramfs, where they are regular files (or
 * not there) and no other cfg of cfg's folder names them. Of kernels that are not named so nothing is said: they are
 * the host's. EINVAL: a cfg of the folder cannot be read, so that nobody knows what it names. */
int guest_files_find(const struct bd_cfg *cfg, struct guest_files *files_out, struct bd_error *err);

/* EBUSY: another program has one of the guest's own files open for writing, a domain of another cfg or a loop device for
 * instance. */
int guest_files_check_unused(const struct guest_files *files, struct bd_error *err);

/* removed_out: it was there. Flushed, as guest_files_sync_folder does. */
int guest_file_remove(const struct guest_file *file, bool *removed_out, struct bd_error *err);

/* Whether something has that name already which the file would get. */
int guest_file_is_taken(const struct guest_file *file, const char *path, bool *taken_out, struct bd_error *err);
/* From one name to another, of which the file has the first. BD_KIND_EXISTS. Not flushed. */
int guest_file_move(const struct guest_file *file, const char *from, const char *to, struct bd_error *err);

/* Makes sure that what was done to the name of a file outlives a power cut. path: absolute. */
int guest_files_sync_folder(const char *path, struct bd_error *err);

#endif
