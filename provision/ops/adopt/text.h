/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a config whose guest is brought among those of the program. */
#ifndef BD_OPS_ADOPT_TEXT_H
#define BD_OPS_ADOPT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "xlcfg/read.h"

/* text: of cfg, which is where cfg->path says. The caller frees. is_copy:
 * it gets a UUID and MAC addresses of its own, whatever it has. ENOENT: a kernel or an initramfs with a relative path is not
 * beside the config. */
int adopt_text(const char *text, const struct bd_cfg *cfg, const char *name, bool is_copy, char **text_out,
	       bool *uuid_made_out, size_t *macs_made_out, struct bd_error *err);

#endif
