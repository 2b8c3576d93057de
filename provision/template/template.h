/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template is what a guest's filesystem is filled with. */
#ifndef BD_TEMPLATE_TEMPLATE_H
#define BD_TEMPLATE_TEMPLATE_H

#include "base/err.h"
#include "base/tree.h"

struct bd_template {
	char *name;
	struct bd_tree tree; /* without what identity adds: /etc/hostname, hosts, fstab, network/interfaces */
	char *kernel_path; /* in the guest; NULL: the template has no kernel and cannot be started */
	char *initramfs_path; /* in the guest; NULL: none */
};

void bd_template_init(struct bd_template *template);
void bd_template_dispose(struct bd_template *template); /* idempotent */

/* "none": an empty tree. "mini": built here and now, see mini.h. ENOENT: no such template. */
int bd_template_open(const char *name, struct bd_template *template_out, struct bd_error *err);

#endif
