/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts an inode of a template to libarchive's entry. */
#ifndef BD_TEMPLATE_EXPORT_ENTRY_H
#define BD_TEMPLATE_EXPORT_ENTRY_H

#include "base/archive_library.h"
#include "base/err.h"
#include "rootfs/sealed.h"

/* Everything but the path, links and holes. */
int bd_export_entry_fill(const struct bd_archive_functions *la, struct archive_entry *entry,
			 const struct bd_sealed_inode *inode, struct bd_error *err);

#endif
