/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SELinux label of a file, read so that what takes its place can keep it, and written. */
#ifndef BD_EXT3_SELINUX_LABEL_H
#define BD_EXT3_SELINUX_LABEL_H

#include <ext2fs/ext2fs.h>
#include <stddef.h>

#include "base/err.h"
#include "rootfs/file_meta.h"

struct bd_selinux_label {
	void *value; /* owned; NULL: there is none */
	size_t size;
};

void bd_selinux_label_dispose(struct bd_selinux_label *label); /* idempotent */

int bd_selinux_label_read(ext2_filsys fs, ext2_ino_t number, struct bd_selinux_label *label_out,
			  struct bd_error *err);
/* Its value is borrowed. Nothing where there is none. */
int bd_selinux_label_write(ext2_filsys fs, ext2_ino_t number, const struct bd_selinux_label *label,
			   struct bd_error *err);

#endif
