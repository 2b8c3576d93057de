/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a config after its guest is renamed. Pure. */
#ifndef BD_OPS_GUEST_RENAME_TEXT_H
#define BD_OPS_GUEST_RENAME_TEXT_H

#include "base/err.h"
#include "ops/guest/files.h"
#include "xlcfg/read.h"

/* path with NEW_NAME and suffix as its last part. The caller frees. */
int guest_renamed_path(const char *path, const char *new_name, const char *suffix, char **path_out,
		       struct bd_error *err);

/* text: of cfg; files: what it names. EINVAL: the paths are written in a way that cannot be changed with certainty. The
 * caller frees. */
int guest_renamed_text(const char *text, const struct bd_cfg *cfg, const struct guest_files *files,
		       const char *new_name, char **text_out, struct bd_error *err);

#endif
