/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a root filesystem says of SELinux: whether it is used there, and which label its policy has for which path. Formats:
 * selinux_config(5), file_contexts(5) and selabel_file(5) of libselinux. */
#ifndef BD_SELINUX_POLICY_H
#define BD_SELINUX_POLICY_H

#include <stdbool.h>

#include "base/err.h"
#include "rootfs/root_reader.h"

struct bd_selinux_policy {
	/* The texts of file_contexts, of the home directories' one and of the administrator's own, in this order, in which the last
	 * that fits counts. NULL: SELinux is not used, or there is no policy. */
	char *contexts;
	char *aliases[2]; /* file_contexts.subs and file_contexts.subs_dist; NULL: there is none */
};

void bd_selinux_policy_dispose(struct bd_selinux_policy *policy); /* idempotent */
/* EFBIG: one of the texts is larger than any policy's. */
int bd_selinux_policy_read(const struct bd_root_reader *root, struct bd_selinux_policy *policy_out,
			   struct bd_error *err);

/* A file alone does not tell: roots are made with and without labels as a whole. */
int bd_selinux_has_labels(const struct bd_root_reader *root, bool *has_out, struct bd_error *err);

/* By which path the contexts know a file ("/run/x" as "/var/run/x"); the caller frees. */
int bd_selinux_policy_alias(const struct bd_selinux_policy *policy, const char *path, char **path_out,
			    struct bd_error *err);

#endif
