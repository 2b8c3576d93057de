/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats the path of a template's file for messages. */
#ifndef BD_EXT3_WRITER_POPULATE_PATH_H
#define BD_EXT3_WRITER_POPULATE_PATH_H

#include "base/err.h"
#include "rootfs/sealed.h"

/* Puts the path of a template's file in front of the message; -1. */
int bd_wrap_base_path(const struct bd_sealed *sealed, uint32_t index, struct bd_error *err);

#endif
