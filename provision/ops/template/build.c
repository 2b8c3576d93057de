/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the administrator sets for a template takes precedence over its recipe. */
#include "ops/template/build.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "recipes/build.h"

/* Reads the recipe and checks what it needs. name_out: the template's, in the recipe's text. */
static int open_recipe(const char *recipe, const char *name, struct bd_build *build,
		       struct bd_template_options *options, const char **name_out, struct bd_error *err)
{
	if (bd_build_open(recipe, build, err) != 0)
		return -1;
	*name_out = name ? name : bd_build_text(build, "name");
	if (!*name_out)
		return bd_usage(err, "the recipe %s has no name; give a name for the template", recipe);
	const char *network = bd_build_text(build, "network");
	if (!options->has_network && network) {
		if (bd_network_kind_parse(network, "the recipe's network", &options->network, err) != 0)
			return -1;
		options->has_network = true;
	}
	if (!options->description)
		options->description = bd_build_text(build, "description");
	/* A fresh installation has no secrets. */
	options->shared = true;
	return bd_build_prepare(build, err);
}

int bd_template_plan_build(const struct bd_store *store, const char *recipe, const char *name,
			   const struct bd_template_options *options, struct bd_template_plan *plan_out,
			   struct bd_error *err)
{
	BD_DISPOSE(bd_build_dispose) struct bd_build build = { .recipe = { .root = NULL } };
	struct bd_template_options chosen = *options;

	if (open_recipe(recipe, name, &build, &chosen, &name, err) != 0)
		return -1;
	plan_out->source_kind = "recipe";
	return bd_template_plan_make(store, name, plan_out, err);
}

int bd_template_build(const struct bd_store *store, const char *recipe, const char *name,
		      const struct bd_template_options *options, struct bd_manifest *manifest_out,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_build_dispose) struct bd_build build = { .recipe = { .root = NULL } };
	struct bd_template_options chosen = *options;

	if (open_recipe(recipe, name, &build, &chosen, &name, err) != 0)
		return -1;
	/* Where it lay says nothing on another machine. */
	return bd_template_make(store, name, "recipe", bd_path_last(recipe), &chosen, bd_build_fill, &build,
				manifest_out, err);
}
