/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for boot loaders where libxl does. */
#include "ops/host/bootloader.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process/run.h"
#include "base/text.h"
#include "guest/description.h"
#include "toolstack/loader.h"
#include "xlcfg/boot.h"

static bool is_in_folder(const char *folder, const char *name, char *path_out, size_t size)
{
	int n = snprintf(path_out, size, "%s/%s", folder, name);

	return n > 0 && (size_t)n < size && access(path_out, X_OK) == 0;
}

/* LIBEXEC_BIN of Xen's build: Debian's has the release in it. */
static bool is_in_folder_of_xen(const char *name, char *path_out, size_t size)
{
	static const char *const folders[] = { "/usr/lib/xen/bin", "/usr/libexec/xen/bin", "/usr/local/lib/xen/bin",
					       "/usr/local/libexec/xen/bin" };
	struct bd_xen_version xen;
	struct bd_error ignored;
	char debian[64];

	if (bd_xen_running(&xen, &ignored) == 0) {
		snprintf(debian, sizeof(debian), "/usr/lib/xen-%u.%u/bin", xen.major, xen.minor);
		if (is_in_folder(debian, name, path_out, size))
			return true;
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (is_in_folder(folders[i], name, path_out, size))
			return true;
	return false;
}

static int fail_missing(const char *name, struct bd_error *err)
{
	if (strcmp(bd_path_last(name), BD_BOOTLOADER_BIGDISK) == 0)
		return bd_fail(
			err, ENOPKG,
			"the boot loader %s is not installed%s; it is part of xen-bigdisk: install it, or boot by "
			"pygrub",
			name, strchr(name, '/') ? "" : " where libxl looks for it, such as in PATH");
	return bd_fail(err, ENOPKG, "the boot loader %s is not installed", name);
}

int bd_host_find_bootloader(const char *name, char *path_out, size_t size, bool *only_beside_out,
			    struct bd_error *err)
{
	bool ignored_place, *only_beside = only_beside_out ? only_beside_out : &ignored_place;
	struct bd_error ignored;
	char folder[PATH_MAX];

	*only_beside = false;
	if (strchr(name, '/')) {
		int n = snprintf(path_out, size, "%s", name);
		return n > 0 && (size_t)n < size && access(name, X_OK) == 0 ? 0 : fail_missing(name, err);
	}
	if (is_in_folder_of_xen(name, path_out, size) || bd_find_program(name, path_out, size, &ignored) == 0)
		return 0;
	*only_beside = strcmp(name, BD_BOOTLOADER_BIGDISK) == 0 && bd_program_folder(folder) &&
		       is_in_folder(folder, name, path_out, size);
	return *only_beside ? 0 : fail_missing(name, err);
}

bool bd_host_boots_by_bigdisk(const struct bd_cfg *cfg)
{
	enum bd_guest_boot how;

	return bd_cfg_boot(cfg, &how) && how == BD_BOOT_BIGDISK;
}

void bd_host_let_libxl_find_bigdisk(void)
{
	const char *old = getenv("PATH");
	char folder[PATH_MAX], found[PATH_MAX];
	BD_FREE char *path = NULL;
	struct bd_error ignored;

	if (bd_find_program(BD_BOOTLOADER_BIGDISK, found, sizeof(found), &ignored) == 0 ||
	    !bd_program_folder(folder) || !is_in_folder(folder, BD_BOOTLOADER_BIGDISK, found, sizeof(found)))
		return;
	/* Behind all others, so that no other program is found there. Without a PATH, execvp(3) takes these two. */
	if (bd_text_format(&path, &ignored, "%s:%s", old ? old : "/bin:/usr/bin", folder) == 0)
		setenv("PATH", path, 1);
}
