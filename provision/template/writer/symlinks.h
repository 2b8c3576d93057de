/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The targets of symlinks, for layers of container images, whose paths lead through them. */
#ifndef BD_TEMPLATE_WRITER_SYMLINKS_H
#define BD_TEMPLATE_WRITER_SYMLINKS_H

#include "base/err.h"
#include "template/writer/state.h"

/* Remembers where the symlink of a record leads to; NULL: the name is no symlink. */
int bd_sealed_writer_remember_symlink(struct bd_sealed_writer *writer, uint32_t record, const char *target,
				      struct bd_error *err);
const char *bd_sealed_writer_symlink_target(const struct bd_sealed_writer *writer, uint32_t name);

#endif
