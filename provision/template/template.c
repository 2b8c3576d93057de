/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Templates by name. */
#include "template/template.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/mini.h"

void bd_template_init(struct bd_template *template)
{
	*template = (struct bd_template){ 0 };
	bd_tree_init(&template->tree);
}

void bd_template_dispose(struct bd_template *template)
{
	free(template->name);
	free(template->kernel_path);
	free(template->initramfs_path);
	bd_tree_dispose(&template->tree);
	bd_template_init(template);
}

static int open_none(struct bd_template *template_out, struct bd_error *err)
{
	char *name = strdup("none");
	if (!name)
		return bd_fail(err, ENOMEM, "cannot open the template none");
	bd_template_init(template_out);
	template_out->name = name;
	return 0;
}

int bd_template_open(const char *name, struct bd_template *template_out, struct bd_error *err)
{
	if (strcmp(name, "none") == 0)
		return open_none(template_out, err);
	if (strcmp(name, "mini") == 0)
		return bd_mini_build(template_out, err);
	return bd_fail(err, ENOENT, "there is no template called '%s'; there are: none, mini", name);
}
