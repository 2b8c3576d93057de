/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks whether `start` would accept a config, without starting anything. */
#ifndef BD_OPS_GUEST_CFG_CHECK_H
#define BD_OPS_GUEST_CFG_CHECK_H

#include <stddef.h>

#include "base/err.h"
#include "toolstack/loader.h"

typedef void cfg_emit(void *context, const char *text, size_t size_bytes);

/* Emits what libxl would be given for it, as JSON, in pieces, and warns of what is ignored. Fails as cfg_check. */
int cfg_describe(const struct bd_loaded_toolstack *toolstack, const char *cfg_path, cfg_emit *emit, void *context,
		 struct bd_error *err);

/* EINVAL: all that the plugin refuses of it, in one line that begins with the path. */
int cfg_check(const struct bd_loaded_toolstack *toolstack, const char *cfg_path, struct bd_error *err);

#endif
