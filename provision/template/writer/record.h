/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of an inode (rootfs/sealed.h), in state.h's `record`; extents are inserted into the middle of it
 * later. */
#ifndef BD_TEMPLATE_WRITER_RECORD_H
#define BD_TEMPLATE_WRITER_RECORD_H

#include "base/err.h"
#include "rootfs/file_meta.h"
#include "rootfs/sealed.h"
#include "template/writer/state.h"

int bd_sealed_writer_encode(struct bd_sealed_writer *writer, const struct bd_file_meta *meta, struct bd_error *err);
int bd_sealed_writer_insert_extents(struct bd_sealed_writer *writer, const struct bd_extent *extents, size_t count,
				    struct bd_error *err);

#endif
