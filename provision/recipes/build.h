/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Templates by recipe: mmdebstrap installs a Debian, and what it prints as a tarball is sealed as it comes.
 * templates/README.md has the format of a recipe.
 */
#ifndef BD_RECIPES_BUILD_H
#define BD_RECIPES_BUILD_H

#include "base/err.h"
#include "template/manifest.h"
#include "template/store.h"

/* recipe: one that ships ("debian-12"), or the path of a file (with a "/" in it, or ending in ".json"). name: NULL for the
 * recipe's own. What the options leave open is taken from the recipe. ENOENT: no such recipe; ENOPKG: no mmdebstrap. */
int bd_template_build(const struct bd_store *store, const char *recipe, const char *name,
		      const struct bd_store_options *options, struct bd_manifest *manifest_out, struct bd_error *err);

#endif
