/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses a kernel: /boot, then the cache, then a package. */
#include "recipes/kernel.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/cache.h"
#include "base/file/lock.h"
#include "base/file/trust.h"
#include "base/log.h"
#include "recipes/kernel_fetch.h"
#include "rootfs/kernel_name.h"

static bool is_trusted_path(const char *path)
{
	struct stat there;

	return stat(path, &there) == 0 && bd_is_trusted(&there);
}

static bool all_trusted(const char *folder, const char *version, const struct bd_kernel *kernel, const char *index)
{
	char root[PATH_MAX + NAME_MAX];

	snprintf(root, sizeof(root), "%s/%s", folder, version);
	return is_trusted_path(root) && is_trusted_path(kernel->image_path) &&
	       is_trusted_path(kernel->modules_path) && is_trusted_path(index);
}

/* Fills kernel_out when this version is complete and readable; says whether it is.
 * modules_path NULL: folder/VERSION is the root of an unpacked package. */
static bool complete(const char *version, const char *folder, const char *modules_path, struct bd_kernel *kernel_out)
{
	struct bd_kernel kernel;
	char index[PATH_MAX + sizeof("/modules.dep")];
	const size_t size = PATH_MAX;
	size_t n, m;

	if (modules_path) {
		n = (size_t)snprintf(kernel.image_path, size, "%s/vmlinuz-%s", folder, version);
		m = (size_t)snprintf(kernel.modules_path, size, "%s/%s", modules_path, version);
	} else {
		n = (size_t)snprintf(kernel.image_path, size, "%s/%s/boot/vmlinuz-%s", folder, version, version);
		m = (size_t)snprintf(kernel.modules_path, size, "%s/%s/lib/modules/%s", folder, version, version);
	}
	if (n >= size || m >= size ||
	    (size_t)snprintf(kernel.version, sizeof(kernel.version), "%s", version) >= sizeof(kernel.version))
		return false;
	snprintf(index, sizeof(index), "%s/modules.dep", kernel.modules_path);
	if (access(kernel.image_path, R_OK) != 0 || access(index, R_OK) != 0) {
		bd_debug("kernel %s is passed over: %s or %s cannot be read", version, kernel.image_path, index);
		return false;
	}
	/* /boot is the system's; into a cache others may have put something before they were kept out. */
	if (!modules_path && !all_trusted(folder, version, &kernel, index)) {
		bd_warn("ignoring kernel %s in %s: other users can write to it", version, folder);
		return false;
	}
	*kernel_out = kernel;
	return true;
}

/* Tries every entry of folder that starts with prefix; what follows is the version. */
static int newest(const char *folder, const char *prefix, const char *modules_path, struct bd_kernel *kernel_out,
		  struct bd_error *err)
{
	BD_CLOSEDIR DIR *entries = opendir(folder);
	struct bd_kernel best = { .version = "" }, candidate;

	for (const struct dirent *entry; entries && (entry = readdir(entries));) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		const char *version = entry->d_name + strlen(prefix);
		if (!isdigit((unsigned char)*version))
			continue;
		if (*best.version && bd_kernel_compare_versions(version, best.version) <= 0)
			continue;
		if (complete(version, folder, modules_path, &candidate))
			best = candidate;
	}
	if (!*best.version)
		return bd_fail(err, ENOPKG, "there is no usable kernel in %s", folder);
	*kernel_out = best;
	return 0;
}

int bd_kernel_newest_in(const char *boot_path, const char *modules_path, struct bd_kernel *kernel_out,
			struct bd_error *err)
{
	return newest(boot_path, "vmlinuz-", modules_path, kernel_out, err);
}

int bd_kernel_newest_cached(const char *kernels_path, struct bd_kernel *kernel_out, struct bd_error *err)
{
	return newest(kernels_path, "", NULL, kernel_out, err);
}

int bd_kernel_find_here(struct bd_kernel *kernel_out, struct bd_error *err)
{
	char kernels[PATH_MAX];
	struct bd_error none = BD_ERROR_INIT;

	if (bd_kernel_newest_in("/boot", "/lib/modules", kernel_out, &none) == 0)
		return 0;
	return bd_cache_find_subdir("kernels", kernels, sizeof(kernels), err) == 0
		       ? bd_kernel_newest_cached(kernels, kernel_out, err)
		       : -1;
}

int bd_kernel_find(struct bd_kernel *kernel_out, struct bd_error *err)
{
	char kernels[PATH_MAX];
	struct bd_error none = BD_ERROR_INIT;

	if (bd_kernel_newest_in("/boot", "/lib/modules", kernel_out, &none) == 0)
		return 0;
	if (bd_cache_subdir("kernels", kernels, sizeof(kernels), err) != 0)
		return -1;
	if (bd_kernel_newest_cached(kernels, kernel_out, &none) == 0)
		return 0;

	/* Of several runs at once, one fetches and the others wait for it. Not flock(2) on the folder: whoever may read it
	 * could take that, and keep it. */
	BD_CLOSE int lock = -1;
	if (bd_lock_wait(kernels, &lock, err) != 0)
		return -1;
	if (bd_kernel_newest_cached(kernels, kernel_out, &none) == 0)
		return 0;
	if (bd_kernel_fetch(kernels, err) != 0)
		return bd_wrap(err, "no readable kernel in /boot, and none could be downloaded");
	return bd_kernel_newest_cached(kernels, kernel_out, err);
}
