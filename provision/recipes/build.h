/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Root filesystems by recipe: mmdebstrap installs a Debian, and the tar archive on its stdout is imported as a
 * stream. templates/README.md describes the format of a recipe. Order: open, prepare, fill. */
#ifndef BD_RECIPES_BUILD_H
#define BD_RECIPES_BUILD_H

#include "base/err.h"
#include "base/json_tree.h"
#include "recipes/build_sources.h"
#include "template/writer/writer.h"

struct bd_build {
	struct bd_json_tree recipe;
	struct bd_words argv; /* of mmdebstrap */
};

/* recipe: one that ships ("debian-12"), or the path of a file (with a "/" in it, or ending in ".json"). Its keys and their
 * types are checked. BD_KIND_NOT_FOUND: no such recipe. */
int bd_build_open(const char *recipe, struct bd_build *build_out, struct bd_error *err);
void bd_build_dispose(struct bd_build *build); /* idempotent */

/* What the recipe says of "name", "network" or "description"; NULL: nothing. */
const char *bd_build_text(const struct bd_build *build, const char *key);

/* Finds mmdebstrap and composes its command line. ENOPKG: it is not installed. */
int bd_build_prepare(struct bd_build *build, struct bd_error *err);

/* Runs it, and gives the writer what it made and what the recipe changes in it. context: the struct bd_build. */
int bd_build_fill(void *context, struct bd_sealed_writer *writer, struct bd_error *err);

#endif
