/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the content of a template's file to a tar archive. */
#ifndef BD_TEMPLATE_EXPORT_CONTENT_H
#define BD_TEMPLATE_EXPORT_CONTENT_H

#include <stdint.h>

#include "base/archive_library.h"
#include "base/err.h"
#include "rootfs/sealed.h"

#define BD_EXPORT_BUFFER_BYTES (1u << 20)

/* The archive's last error as ours; right after the call that failed. Returns -1. */
int bd_export_fail(const struct bd_archive_functions *la, struct archive *archive, struct bd_error *err);

/* Tells the entry of holes, when they are large enough to be worth it; before the header is written. */
void bd_export_holes(const struct bd_archive_functions *la, struct archive_entry *entry,
		     const struct bd_sealed_inode *inode);
/* After it. before: bytes of the files before this one, for the progress. buffer: BD_EXPORT_BUFFER_BYTES. */
int bd_export_content(const struct bd_archive_functions *la, struct archive *archive, const struct bd_sealed *sealed,
		      const struct bd_sealed_inode *inode, uint64_t before, uint8_t *buffer, struct bd_error *err);

#endif
