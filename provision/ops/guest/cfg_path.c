/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds a guest's config. */
#include "ops/guest/cfg_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "guest/description.h"

/* What cannot be seen is not called absent. named_folder: the user has named the folder, so that there has to be one. */
static int fail_missing(const char *argument, const char *path, bool named_folder, struct bd_error *err)
{
	const struct bd_error no_folder = { .code = ENOTDIR, .kind = BD_KIND_NOT_FOUND };
	char folder[PATH_MAX];
	struct stat there;

	if (errno != ENOENT && errno != ENOTDIR)
		return bd_fail_errno(err, "cannot tell whether there is a guest %s: cannot access %s", argument,
				     path);
	if (lstat(path, &there) == 0 && S_ISLNK(there.st_mode))
		return bd_fail(err, ENOLINK, "%s is a dangling symbolic link, not a guest's config", path);
	bd_path_folder(path, folder);
	if (!named_folder || (stat(folder, &there) == 0 && S_ISDIR(there.st_mode)))
		return bd_not_found(err, "there is no guest %s: no file %s", argument, path);
	return bd_fail_as(err, &no_folder, "there is no guest %s: the directory %s does not exist", argument, folder);
}

bool bd_cfg_is_path(const char *argument)
{
	return strchr(argument, '/') || bd_text_ends_in(argument, ".cfg");
}

int bd_cfg_path(const char *argument, const char *dir, char path_out[PATH_MAX], struct bd_error *err)
{
	bool is_path = bd_cfg_is_path(argument);
	struct bd_guest guest;
	int n;

	if (is_path && dir)
		return bd_usage(err, "%s is the path of a config: a directory can be given with a guest's name only",
				argument);
	if (is_path) {
		n = snprintf(path_out, PATH_MAX, "%s", argument);
	} else {
		if (bd_guest_set_name(&guest, argument, err) != 0)
			return -1;
		n = snprintf(path_out, PATH_MAX, "%s/%s.cfg", dir ? dir : BD_SYSCONFDIR "/xen", argument);
	}
	if (n < 0 || n >= PATH_MAX)
		return bd_fail(err, ENAMETOOLONG, "the path of %s is too long", argument);
	return access(path_out, F_OK) == 0 ? 0 : fail_missing(argument, path_out, is_path || dir, err);
}
