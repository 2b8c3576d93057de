/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libarchive says of an entry, in the seal's terms. */
#ifndef BD_TEMPLATE_ARCHIVE_META_H
#define BD_TEMPLATE_ARCHIVE_META_H

#include "base/err.h"
#include "template/archive_door.h"
#include "template/seal.h"

/* Strings and values in meta are the entry's, or are here. */
struct bd_archive_meta {
	struct bd_seal_meta meta;
	struct bd_xattr *xattrs;
	void *acls[2]; /* values of xattrs */
};

/* Of an entry that is no hard link. format: ARCHIVE_FORMAT_TAR and so on. Zero *out before, and dispose of it also when
 * this fails. */
int bd_archive_meta_read(const struct bd_archive_functions *la, struct archive_entry *entry, int format,
			 struct bd_archive_meta *out, struct bd_error *err);
void bd_archive_meta_dispose(struct bd_archive_meta *meta); /* idempotent */

#endif
