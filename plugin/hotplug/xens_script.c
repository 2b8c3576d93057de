/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Becomes a script of Xen's. */
#include "hotplug/xens_script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

void bd_xens_scripts_folder(const char *program, char folder_out[PATH_MAX])
{
	if (strchr(program, '/'))
		bd_path_folder(program, folder_out);
	else
		snprintf(folder_out, PATH_MAX, "%s", BD_SYSCONFDIR "/xen/scripts");
}

int bd_xens_script_execute(const char *folder, const char *name, char **argv, struct bd_error *err)
{
	char path[PATH_MAX], *program = argv[0];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return bd_fail(err, ENAMETOOLONG, "the path of Xen's script is too long: %.64s...", path);
	argv[0] = path;
	execv(path, argv);
	argv[0] = program;
	return bd_fail_errno(err, "cannot execute %s", path);
}
