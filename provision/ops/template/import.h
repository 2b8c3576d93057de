/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates a template from a file, a directory, standard input, or what is got from elsewhere first. */
#ifndef BD_OPS_TEMPLATE_IMPORT_H
#define BD_OPS_TEMPLATE_IMPORT_H

#include "ops/template/make.h"

/* bd_template_make from a source of import/sources.h, or from a reference of fetch/reference.h, verified if options have a proof; "-" is standard input. */
int bd_template_import(const struct bd_store *store, const char *name, const char *source_name,
		       const struct bd_template_options *options, struct bd_manifest *manifest_out,
		       struct bd_error *err);
/* The source is recognised and may be read; of what is in it nothing is known. Nothing is asked of a network. */
int bd_template_plan_import(const struct bd_store *store, const char *name, const char *source_name,
			    const struct bd_template_options *options, struct bd_template_plan *plan_out,
			    struct bd_error *err);

#endif
