/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds a template of a distribution from a recipe. */
#ifndef BD_OPS_TEMPLATE_BUILD_H
#define BD_OPS_TEMPLATE_BUILD_H

#include "ops/template/make.h"

/* bd_template_make with mmdebstrap. recipe: one that ships ("debian-12"), or the path of a file (with a "/" in it, or
 * ending in ".json"). name: NULL for the recipe's own. What the options leave open is taken from the recipe.
 * BD_KIND_NOT_FOUND: no such recipe; ENOPKG: no mmdebstrap. */
int bd_template_build(const struct bd_store *store, const char *recipe, const char *name,
		      const struct bd_template_options *options, struct bd_manifest *manifest_out,
		      struct bd_error *err);
/* The recipe is read and checked, and mmdebstrap is there. */
int bd_template_plan_build(const struct bd_store *store, const char *recipe, const char *name,
			   const struct bd_template_options *options, struct bd_template_plan *plan_out,
			   struct bd_error *err);

#endif
