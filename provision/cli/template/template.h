/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations that the commands of `template` share. */
#ifndef BD_CLI_TEMPLATE_TEMPLATE_H
#define BD_CLI_TEMPLATE_TEMPLATE_H

#include <stdbool.h>

#include "cli/command.h"

extern const struct bd_command bd_command_template_import, bd_command_template_build, bd_command_template_list,
	bd_command_template_show, bd_command_template_verify, bd_command_template_rm, bd_command_template_export;

/* The options that all of them have; first in the struct of each. */
struct template_options {
	const char *templates;
	bool json;
};

#define TEMPLATE_OPTION_ROWS(type) \
	{ BD_OPTION_TEXT, "templates", "DIR", "template directory [" BD_LOCALSTATEDIR "/lib/xen-bigdisk/templates]", \
	  offsetof(type, common.templates) }, \
	{ \
		BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", \
			offsetof(type, common.json) \
	}

#endif
