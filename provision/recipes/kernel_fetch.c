/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Downloads a kernel package with apt and unpacks it into the cache. Nothing is installed, and root is not
 * required. */
#include "recipes/kernel_fetch.h"

#include <assert.h>
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/process/run.h"
#include "base/progress.h"

#define MAX_PACKAGES 4

/* What we put behind the cache's path is shorter than this; bd_kernel_fetch checks that there is room for it. */
#define DEEPEST 1024

static void join(char out[PATH_MAX], const char *folder, const char *name)
{
	size_t folder_length = strlen(folder), name_length = strlen(name);
	assert(folder_length + 1 + name_length < PATH_MAX);
	memcpy(out, folder, folder_length);
	out[folder_length] = '/';
	memcpy(out + folder_length + 1, name, name_length + 1);
}

struct packages {
	char names[MAX_PACKAGES][128];
	size_t count;
};

/* Adds the dependencies whose names start with prefix, as `apt-cache depends` prints them: "  Depends: NAME". */
static void add_dependencies(char *text, const char *prefix, struct packages *packages)
{
	char *rest = NULL;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *name = strstr(line, "Depends: ");
		if (!name || packages->count == MAX_PACKAGES)
			continue;
		name += strlen("Depends: ");
		if (strncmp(name, prefix, strlen(prefix)) == 0)
			snprintf(packages->names[packages->count++], sizeof(packages->names[0]), "%s", name);
	}
}

static int list_dependencies(const char *package, const char *prefix, struct packages *packages, struct bd_error *err)
{
	char output[16384];
	const char *argv[] = { "apt-cache", "depends", "--important", package, NULL };
	struct bd_run run = { .argv = argv, .output = output, .output_size = sizeof(output) };
	if (bd_run(&run, err) != 0)
		return -1;
	add_dependencies(output, prefix, packages);
	return 0;
}

/* The image package behind the distribution's meta package, and the packages with its modules where they are apart
 * (Ubuntu's linux-modules-*). */
static int resolve(struct packages *packages, struct bd_error *err)
{
	char architecture[32], debian[64];
	const char *argv[] = { "dpkg", "--print-architecture", NULL };
	struct bd_run run = { .argv = argv, .output = architecture, .output_size = sizeof(architecture) };
	if (bd_run(&run, err) != 0)
		return -1;
	architecture[strcspn(architecture, "\n")] = '\0';
	snprintf(debian, sizeof(debian), "linux-image-%s", architecture);

	const char *const metas[] = { debian, "linux-image-generic", "linux-image-virtual", NULL };
	packages->count = 0;
	for (size_t i = 0; metas[i] && packages->count == 0; i++)
		if (list_dependencies(metas[i], "linux-image-", packages, err) != 0 && err->code != EIO)
			return -1;
	if (packages->count == 0)
		return bd_fail(err, ENOPKG, "apt knows no package %s or %s: run `apt-get update` and try again",
			       debian, metas[1]);
	packages->count = 1;
	return list_dependencies(packages->names[0], "linux-modules-", packages, err);
}

static int download(const struct packages *packages, const char *folder, struct bd_error *err)
{
	const char *argv[5 + MAX_PACKAGES] = { "apt-get", "--quiet", "download" };
	for (size_t i = 0; i < packages->count; i++)
		argv[3 + i] = packages->names[i];
	struct bd_run run = { .argv = argv, .directory = folder };
	if (bd_run(&run, err) != 0)
		return bd_wrap(err, "cannot download %s (check the network, try `apt-get update`)",
			       packages->names[0]);
	return 0;
}

static int unpack(const char *folder, const char *root, struct bd_error *err)
{
	char pattern[PATH_MAX];
	glob_t found;
	int r = 0;

	join(pattern, folder, "*.deb");
	if (glob(pattern, 0, NULL, &found) != 0)
		return bd_fail(err, ENOPKG, "apt-get left no package in %s", folder);
	for (size_t i = 0; i < found.gl_pathc && r == 0; i++) {
		const char *argv[] = { "dpkg-deb", "-x", found.gl_pathv[i], root, NULL };
		r = bd_run(&(struct bd_run){ .argv = argv }, err);
	}
	globfree(&found);
	return r;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *position)
{
	(void)st;
	(void)type;
	(void)position;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Whole folders of drivers that no mini guest can use: nine tenths of the package, and of depmod's time. */
static void prune(const char *kernel)
{
	static const char *const unwanted[] = {
		"sound",
		"drivers/gpu",
		"drivers/media",
		"drivers/infiniband",
		"drivers/staging",
		"drivers/iio",
		"drivers/usb",
		"drivers/input",
		"drivers/hid",
		"drivers/net/wireless",
		"drivers/net/can",
		"drivers/net/ethernet/[!i]*",
		"drivers/net/usb",
		"drivers/hwmon",
		"drivers/mtd",
		"drivers/md",
		"drivers/target",
		"drivers/video",
		"drivers/platform",
		"drivers/scsi/*/",
		"drivers/bluetooth",
		"drivers/i2c",
		"drivers/firmware",
		"net/[!cp]*",
		NULL,
	};
	for (size_t i = 0; unwanted[i]; i++) {
		char pattern[PATH_MAX];
		glob_t found;
		join(pattern, kernel, unwanted[i]);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t n = 0; n < found.gl_pathc; n++)
			remove_tree(found.gl_pathv[n]);
		globfree(&found);
	}
}

/* The version that the unpacked root holds; lib/modules comes from usr/lib/modules where a package has it there. */
static int settle(const char *root, char *version_out, size_t size, struct bd_error *err)
{
	char path[PATH_MAX], modules[PATH_MAX];
	glob_t found;

	join(path, root, "boot/vmlinuz-*");
	if (glob(path, 0, NULL, &found) != 0)
		return bd_fail(err, ENOPKG, "the kernel package has no /boot/vmlinuz-VERSION");
	snprintf(version_out, size, "%s", strstr(found.gl_pathv[0], "/boot/vmlinuz-") + strlen("/boot/vmlinuz-"));
	globfree(&found);

	join(path, root, "usr/lib/modules");
	if (access(path, F_OK) == 0) {
		join(modules, root, "lib");
		if (mkdir(modules, 0755) != 0 && errno != EEXIST)
			return bd_fail_errno(err, "cannot make %s", modules);
		join(modules, root, "lib/modules");
		if (rename(path, modules) != 0)
			return bd_fail_errno(err, "cannot move %s to %s", path, modules);
	}
	join(path, root, "usr");
	remove_tree(path);
	join(modules, root, "lib/modules");
	join(path, modules, version_out);
	join(modules, path, "kernel");
	prune(modules);
	return 0;
}

/* Packages leave modules.dep to be made at installation. busybox' depmod does, and busybox is needed anyway. */
static int index_modules(const char *root, const char *version, struct bd_error *err)
{
	const char *kmod[] = { "depmod", "-b", root, version, NULL };
	const char *busybox[] = { "busybox", "depmod", "-b", root, version, NULL };
	char path[PATH_MAX];
	struct bd_error none = BD_ERROR_INIT;
	bool have_kmod = bd_find_program("depmod", path, sizeof(path), &none) == 0;
	if (bd_run(&(struct bd_run){ .argv = have_kmod ? kmod : busybox }, err) != 0)
		return bd_wrap(err, "cannot index the modules of kernel %s", version);
	return 0;
}

static int fetch_into(const char *temporary, const char *kernels_path, struct bd_error *err)
{
	struct packages packages;
	char root[PATH_MAX], version[NAME_MAX + 1], published[PATH_MAX];

	if (resolve(&packages, err) != 0)
		return -1;
	bd_info("no readable kernel in /boot; downloading %s into %s (once)", packages.names[0], kernels_path);
	bd_progress_stage("downloading the kernel package", 0);
	if (download(&packages, temporary, err) != 0)
		return -1;

	bd_progress_stage("unpacking the kernel package", 0);
	join(root, temporary, "root");
	if (mkdir(root, 0755) != 0)
		return bd_fail_errno(err, "cannot make %s", root);
	if (unpack(temporary, root, err) != 0 || settle(root, version, sizeof(version), err) != 0 ||
	    index_modules(root, version, err) != 0)
		return -1;

	join(published, kernels_path, version);
	/* What stands there is not usable, or it would have been found. */
	remove_tree(published);
	if (rename(root, published) != 0)
		return bd_fail_errno(err, "cannot move %s to %s", root, published);
	return 0;
}

int bd_kernel_fetch(const char *kernels_path, struct bd_error *err)
{
	char temporary[PATH_MAX], path[PATH_MAX];

	if (bd_find_program("apt-get", path, sizeof(path), err) != 0)
		return bd_fail(err, ENOPKG,
			       "apt-get is not installed; install a kernel package so that /boot has one");
	if (strlen(kernels_path) > PATH_MAX - DEEPEST)
		return bd_fail(err, ENAMETOOLONG, "the path of the cache directory is too long");
	join(temporary, kernels_path, ".new-XXXXXX");
	if (!mkdtemp(temporary))
		return bd_fail_errno(err, "cannot create a directory in %s", kernels_path);
	int r = fetch_into(temporary, kernels_path, err);
	remove_tree(temporary);
	return r;
}
