/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens the template that a guest's filesystem is filled from. */
#ifndef BD_OPS_TEMPLATE_OPEN_H
#define BD_OPS_TEMPLATE_OPEN_H

#include <stdint.h>

#include "base/err.h"
#include "rootfs/tree.h"
#include "template/store.h"

struct bd_template {
	char *name;
	struct bd_tree tree; /* of what is built here and now; without what identity adds: /etc/hostname, fstab... */
	struct bd_stored stored; /* of what was imported */
	char *kernel_path; /* in the guest; NULL: the template has no kernel and cannot be started */
	char *initramfs_path; /* in the guest; NULL: none */
};

void bd_template_init(struct bd_template *template);
void bd_template_dispose(struct bd_template *template); /* idempotent */

/* "none": an empty tree. "mini": built here and now, see recipes/mini.h. Others: from the store at store_path, which may be NULL.
 * ENOENT: no such template. ENOTSUP: it is a whole disk. */
int bd_template_open(const char *name, const char *store_path, struct bd_template *template_out,
		     struct bd_error *err);

/* NULL: it is built here and now. */
const struct bd_sealed *bd_template_pack(const struct bd_template *template);
const struct bd_system *bd_template_system(const struct bd_template *template);

/* What its files take on a disk, without what a filesystem needs for itself. */
uint64_t bd_template_content_bytes(const struct bd_template *template);

/* The least memory that a guest of it can boot with: its kernel unpacked, and its initramfs. It is no recommendation: what
 * runs in the guest comes on top. 0: nothing is known. */
int bd_template_memory_bytes(const struct bd_template *template, uint64_t *bytes_out, struct bd_error *err);

/* Whether GRUB inside a PV guest can unpack its kernel: bd_kernel_check_pv_grub. */
int bd_template_check_pv_grub(const struct bd_template *template, struct bd_error *err);

#endif
