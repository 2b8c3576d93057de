/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a guest's cfg. */
#include "cmd/cfg_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest/guest.h"

int bd_cfg_path(const char *argument, const char *dir, char path_out[PATH_MAX], struct bd_error *err)
{
	size_t length = strlen(argument);
	bool is_path = strchr(argument, '/') || (length > 4 && strcmp(argument + length - 4, ".cfg") == 0);
	struct bd_guest guest;
	int n;

	if (is_path && dir)
		return bd_usage(err, "--dir goes with a guest's name, not with the path %s", argument);
	if (is_path) {
		n = snprintf(path_out, PATH_MAX, "%s", argument);
	} else {
		if (bd_guest_set_name(&guest, argument, err) != 0)
			return -1;
		n = snprintf(path_out, PATH_MAX, "%s/%s.cfg", dir ? dir : BD_SYSCONFDIR "/xen", argument);
	}
	if (n < 0 || n >= PATH_MAX)
		return bd_fail(err, ENAMETOOLONG, "the path of %s is too long", argument);
	if (access(path_out, F_OK) != 0)
		return bd_not_found(err, "there is no guest %s: no file %s", argument, path_out);
	return 0;
}
