/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides which kernel a template boots, and with which initramfs. */
#include "rootfs/detect_kernel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "rootfs/file_type.h"
#include "rootfs/kernel_name.h"

/* The paths go into grub.cfg and the guest's config, where other characters would need quoting. */
static bool is_plain(const char *path)
{
	return path[strspn(path, "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_~")] == '\0';
}

#define PATH_SIZE 256 /* as in struct bd_system */

struct kernel {
	char path[PATH_SIZE], initramfs[PATH_SIZE]; /* "": there is none */
	char version[BD_KERNEL_VERSION_SIZE];
};

struct search {
	const struct bd_root_reader *root;
	struct kernel best;
};

/* One of whose entries each may be the folder of a version. */
struct folder {
	struct search *search;
	const char *path;
};

/* A regular file with something in it, symlinks followed. */
static int is_file(const struct bd_root_reader *root, const char *path, bool *file_out, struct bd_error *err)
{
	struct bd_root_facts facts;

	*file_out = false;
	if (root->look(root->source, path, true, &facts, err) != 0)
		return err->code == ELOOP ? 0 : -1;
	*file_out = S_ISREG(facts.mode) && facts.size_bytes > 0;
	return 0;
}

/* The first of the candidates that is there, or "". */
static int choose_file(const struct bd_root_reader *root, char (*candidates)[PATH_SIZE], size_t count,
		       char out[PATH_SIZE], struct bd_error *err)
{
	bool file = false;

	out[0] = '\0';
	for (size_t i = 0; i < count && !file; i++) {
		if (is_file(root, candidates[i], &file, err) != 0)
			return -1;
		if (file)
			memcpy(out, candidates[i], PATH_SIZE);
	}
	return 0;
}

/* beside_kernel: also those that are in its own folder, where kernel-install(8) and rpm-ostree put them. */
static int find_initramfs(const struct search *search, struct kernel *kernel, bool beside_kernel,
			  struct bd_error *err)
{
	const struct bd_kernel_initramfs_name *around = bd_kernel_initramfs_names;
	static const char *const beside[] = { "initrd", "initramfs.img", "initrd.img" };
	char candidates[8][PATH_SIZE];
	size_t count = 0;
	int folder_size = (int)(strrchr(kernel->path, '/') - kernel->path);

	for (size_t i = 0; beside_kernel && i < sizeof(beside) / sizeof(*beside); i++)
		snprintf(candidates[count++], PATH_SIZE, "%.*s/%s", folder_size, kernel->path, beside[i]);
	if (beside_kernel) /* as Debian's kernel-install(8) has it */
		snprintf(candidates[count++], PATH_SIZE, "%.*s/initrd.img-%.100s", folder_size, kernel->path,
			 kernel->version);
	for (size_t i = 0; i < BD_KERNEL_INITRAMFS_NAMES; i++)
		snprintf(candidates[count++], PATH_SIZE, "/boot/%s%.200s%s", around[i].before, kernel->version,
			 around[i].behind);
	return choose_file(search->root, candidates, count, kernel->initramfs, err);
}

static bool is_better(const struct kernel *kernel, const struct kernel *than)
{
	if (!*than->path)
		return true;
	if (!*kernel->initramfs != !*than->initramfs)
		return *kernel->initramfs;
	return bd_kernel_is_newer(kernel->version, than->version);
}

static int consider(struct search *search, const char *path, const char *version, bool beside_kernel,
		    struct bd_error *err)
{
	struct kernel kernel = { .version = "" };
	bool file;

	if (!*version || strlen(version) >= sizeof(kernel.version) || strlen(path) >= sizeof(kernel.path) ||
	    !is_plain(path) || !is_plain(version) || bd_kernel_is_leftover(version))
		return 0;
	if (is_file(search->root, path, &file, err) != 0)
		return -1;
	if (!file)
		return 0;
	snprintf(kernel.path, sizeof(kernel.path), "%s", path);
	snprintf(kernel.version, sizeof(kernel.version), "%s", version);
	if (find_initramfs(search, &kernel, beside_kernel, err) != 0)
		return -1;
	if (is_better(&kernel, &search->best))
		search->best = kernel;
	return 0;
}

/* A folder of a version that may have a kernel in it. */
static int consider_folder(const struct folder *folder, const char *version, const char *kernel, struct bd_error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/%s", folder->path, version, kernel);
	return consider(folder->search, path, version, true, err);
}

/* /boot/ID/VERSION/linux: what kernel-install(8) calls the layout bls. */
static int visit_bls(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	(void)type;
	return consider_folder(context, name, "linux", err);
}

static int visit_modules(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	(void)type;
	return consider_folder(context, name, "vmlinuz", err);
}

static int visit_boot(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	struct search *search = context;
	const char *version = bd_kernel_version_of(name);
	char path[sizeof("/boot/") + NAME_MAX];

	snprintf(path, sizeof(path), "/boot/%s", name);
	if (version)
		return consider(search, path, version, false, err);
	if (type != BD_TYPE_DIRECTORY && type != BD_TYPE_NONE)
		return 0;
	struct folder folder = { search, path };
	return search->root->list(search->root->source, path, visit_bls, &folder, err);
}

/* No versioned name: a file or a symlink that is called as boot loaders expect it. */
static int find_unversioned(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err)
{
	char kernels[][PATH_SIZE] = { "/vmlinuz", "/boot/vmlinuz", "/boot/bzImage", "/boot/kernel" };
	char initramfs[][PATH_SIZE] = { "/initrd.img", "/boot/initrd.img", "/boot/initramfs.img", "/boot/initrd",
					"/boot/initramfs" };

	if (choose_file(root, kernels, sizeof(kernels) / sizeof(*kernels), system->kernel_path, err) != 0)
		return -1;
	return *system->kernel_path ? choose_file(root, initramfs, sizeof(initramfs) / sizeof(*initramfs),
						  system->initramfs_path, err)
				    : 0;
}

int bd_detect_kernel(const struct bd_root_reader *root, struct bd_system *system,
		     char version_out[BD_KERNEL_VERSION_SIZE], struct bd_error *err)
{
	struct search search = { .root = root };

	version_out[0] = '\0';
	system->kernel_path[0] = system->initramfs_path[0] = '\0';
	if (root->list(root->source, "/boot", visit_boot, &search, err) != 0)
		return -1;
	/* Before kernel-install(8) has copied it, and where nothing does. */
	struct folder modules = { &search, "/usr/lib/modules" };
	if (root->list(root->source, modules.path, visit_modules, &modules, err) != 0)
		return -1;
	if (!*search.best.path)
		return find_unversioned(root, system, err);
	snprintf(system->kernel_path, sizeof(system->kernel_path), "%s", search.best.path);
	snprintf(system->initramfs_path, sizeof(system->initramfs_path), "%s", search.best.initramfs);
	memcpy(version_out, search.best.version, BD_KERNEL_VERSION_SIZE);
	return 0;
}
