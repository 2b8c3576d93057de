/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides which kernel a template boots, and with which initramfs. */
#include "rootfs/detect_kernel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "rootfs/kernel_version.h"

#define PREFIX "vmlinuz-"

/* The paths go into grub.cfg and the guest's config, where other characters would need quoting. */
static bool is_plain(const char *path)
{
	return path[strspn(path, "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_~")] == '\0';
}

/* A version with a number first ("6.1.0-9-amd64") is newer than a name ("lts", "virt"). */
static bool is_newer(const char *version, const char *than)
{
	bool numbered = version[0] >= '0' && version[0] <= '9';
	bool than_numbered = than[0] >= '0' && than[0] <= '9';

	if (numbered != than_numbered)
		return numbered;
	return bd_kernel_compare_versions(version, than) > 0;
}

struct search {
	const struct bd_root_reader *root;
	char version[128]; /* "" as long as there is none */
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

static int consider(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	struct search *search = context;
	const char *version = name + strlen(PREFIX);
	char path[sizeof("/boot/") + NAME_MAX];
	bool file;

	(void)type;
	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || !*version || strlen(version) >= sizeof(search->version) ||
	    !is_plain(version))
		return 0;
	if (*search->version && !is_newer(version, search->version))
		return 0;
	snprintf(path, sizeof(path), "/boot/%s", name);
	if (is_file(search->root, path, &file, err) != 0)
		return -1;
	if (file)
		snprintf(search->version, sizeof(search->version), "%s", version);
	return 0;
}

/* The first of the candidates that is there, or "". */
static int choose_file(const struct bd_root_reader *root, char (*candidates)[256], size_t count, char out[256],
		       struct bd_error *err)
{
	bool file = false;

	out[0] = '\0';
	for (size_t i = 0; i < count && !file; i++) {
		if (is_file(root, candidates[i], &file, err) != 0)
			return -1;
		if (file)
			memcpy(out, candidates[i], 256);
	}
	return 0;
}

/* Names of Debian, Fedora, Arch, Alpine and SUSE. */
static int find_initramfs(const struct bd_root_reader *root, const char *version, char out[256], struct bd_error *err)
{
	static const char *const around[][2] = {
		{ "initrd.img-", "" }, { "initramfs-", ".img" }, { "initramfs-", "" }, { "initrd-", "" }
	};
	char candidates[4][256];

	for (size_t i = 0; i < 4; i++)
		snprintf(candidates[i], sizeof(candidates[i]), "/boot/%s%.200s%s", around[i][0], version,
			 around[i][1]);
	return choose_file(root, candidates, 4, out, err);
}

/* No versioned name: a file or a symlink that is called as boot loaders expect it. */
static int find_unversioned(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err)
{
	char kernels[][256] = { "/vmlinuz", "/boot/vmlinuz" };
	char initramfs[][256] = { "/initrd.img", "/boot/initrd.img", "/boot/initramfs.img" };

	if (choose_file(root, kernels, 2, system->kernel_path, err) != 0)
		return -1;
	return *system->kernel_path ? choose_file(root, initramfs, 3, system->initramfs_path, err) : 0;
}

int bd_detect_kernel(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err)
{
	struct search search = { .root = root };

	system->kernel_path[0] = system->initramfs_path[0] = '\0';
	if (root->list(root->source, "/boot", consider, &search, err) != 0)
		return -1;
	if (!*search.version)
		return find_unversioned(root, system, err);
	snprintf(system->kernel_path, sizeof(system->kernel_path), "/boot/" PREFIX "%s", search.version);
	return find_initramfs(root, search.version, system->initramfs_path, err);
}
