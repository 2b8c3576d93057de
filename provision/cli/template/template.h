/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of `template` share. */
#ifndef BD_CLI_TEMPLATE_TEMPLATE_H
#define BD_CLI_TEMPLATE_TEMPLATE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "cli/command.h"
#include "template/manifest.h"
#include "template/store.h"

extern const struct bd_command bd_command_template_import, bd_command_template_build, bd_command_template_list,
	bd_command_template_show, bd_command_template_verify, bd_command_template_rm, bd_command_template_export;

/* The options that all of them have; first in the struct of each. */
struct template_options {
	const char *templates;
	bool json;
};

#define TEMPLATE_OPTION_ROWS(type) \
	{ BD_OPTION_TEXT, "templates", "DIR", \
	  "the folder of templates [" BD_LOCALSTATEDIR "/lib/xen-bigdisk/templates]", \
	  offsetof(type, common.templates) }, \
	{ \
		BD_OPTION_FLAG, "json", NULL, "print the result as JSON", offsetof(type, common.json) \
	}

/* The members "path" and "manifest" into an open object. */
void template_put_json(struct bd_json *json, const char *path, const struct bd_manifest *manifest);
/* What is known about a template, on several lines. */
void template_print(const char *path, const struct bd_manifest *manifest);
/* The same of one that is a part of the program (bd_template_is_built_in), as it would be built here and now. */
int template_show_built_in(const char *name, bool as_json, struct bd_error *err);
/* The end of a command that made or checked one. said: "made", "whole". */
int template_report(const struct template_options *options, const char *path, const struct bd_manifest *manifest,
		    const char *said, struct bd_error *err);

#endif
