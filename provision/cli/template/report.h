/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints a template, for the commands of `template`. */
#ifndef BD_CLI_TEMPLATE_REPORT_H
#define BD_CLI_TEMPLATE_REPORT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "template/manifest.h"

/* The members "path" and "manifest" into an open object. */
void template_put_json(struct bd_json *json, const char *path, const struct bd_manifest *manifest);
/* What is known about a template, on several lines, and what it lacks in the words of the warnings of import. */
void template_print(const char *path, const struct bd_manifest *manifest);
/* The same of one that is a part of the program (bd_template_is_built_in), as it would be built here and now. */
int template_show_built_in(const char *name, bool as_json, struct bd_error *err);
/* The end of a command that made or checked one. said: "made", "whole". */
int template_report(bool as_json, const char *path, const struct bd_manifest *manifest, const char *said,
		    struct bd_error *err);

#endif
