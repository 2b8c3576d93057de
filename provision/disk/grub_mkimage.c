/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds core.img with grub-mkimage, once per GRUB version and layout. It is cached, because compressing it takes
 * longer than everything else about an empty disk. */

#include "disk/grub_mkimage.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/cache.h"
#include "base/file/file.h"
#include "base/file/trust.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/process/run.h"

#define PREFIX "(hd0,msdos1)/boot/grub"
#define CORE_LIMIT_BYTES (16u << 20)

/* What finds /boot/grub: all that fits into 62 sectors. */
#define READ_MODULES "biosdisk", "part_msdos", "ext2"
/* What reads grub.cfg and boots: inside core.img where there is room, else files in /boot/grub/i386-pc. */
#define BOOT_MODULES \
	"normal", "configfile", "linux", "multiboot2", "search", "search_fs_uuid", "search_label", "echo", "test", \
		"ls", "cat", "minicmd", "reboot", "halt", "serial", "terminal"

static const char *const read_modules[] = { READ_MODULES };
static const char *const boot_modules[] = { BOOT_MODULES };
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Where Debian, then other distributions, keep the images of grub-pc-bin. */
static int find_images(char *folder_out, size_t size, struct bd_error *err)
{
	static const char *const folders[] = { "/usr/lib/grub/i386-pc", "/usr/share/grub2/i386-pc",
					       "/usr/lib/grub2/i386-pc", "/usr/share/grub/i386-pc" };

	for (size_t i = 0; i < COUNT(folders); i++) {
		char path[PATH_MAX];
		struct stat there;
		snprintf(path, sizeof(path), "%s/kernel.img", folders[i]);
		if (stat(path, &there) == 0) {
			snprintf(folder_out, size, "%s", folders[i]);
			return 0;
		}
	}
	return bd_fail(err, ENOPKG, "GRUB's BIOS images are not installed (Debian: grub-pc-bin)");
}

static int find_mkimage(char *path_out, size_t size, struct bd_error *err)
{
	struct bd_error ignored;

	if (bd_find_program("grub-mkimage", path_out, size, &ignored) == 0 ||
	    bd_find_program("grub2-mkimage", path_out, size, &ignored) == 0)
		return 0;
	return bd_fail(err, ENOPKG, "grub-mkimage is not installed (Debian: grub-common)");
}

int bd_grub2_check(char *folder_out, size_t size, struct bd_error *err)
{
	char mkimage[PATH_MAX];

	return find_images(folder_out, size, err) != 0 || find_mkimage(mkimage, sizeof(mkimage), err) != 0 ? -1 : 0;
}

/* The cached name only has to change when GRUB or the list of modules does. */
static uint64_t hash_file_identity(uint64_t state, const char *path)
{
	struct stat there;

	if (stat(path, &there) != 0)
		return state;
	const int64_t identity[] = { (int64_t)there.st_mtim.tv_sec, (int64_t)there.st_mtim.tv_nsec,
				     (int64_t)there.st_size, (int64_t)there.st_ino };
	return bd_hash(bd_hash(state, path, strlen(path)), identity, sizeof(identity));
}

static int cached_core_path(enum bd_layout layout, const char *mkimage, const char *folder, char *path_out,
			    size_t size, struct bd_error *err)
{
	char cache[PATH_MAX], kernel[PATH_MAX];
	uint64_t state = BD_HASH_INIT;

	if (bd_cache_dir(cache, sizeof(cache), err) != 0)
		return -1;
	snprintf(kernel, sizeof(kernel), "%s/kernel.img", folder);
	state = hash_file_identity(hash_file_identity(state, mkimage), kernel);
	for (size_t i = 0; i < COUNT(boot_modules); i++)
		state = bd_hash(state, boot_modules[i], strlen(boot_modules[i]) + 1);
	int n = snprintf(path_out, size, "%s/grub-core-%s-%016llx.img", cache, bd_layout_name(layout),
			 (unsigned long long)state);
	if (n < 0 || (size_t)n >= size)
		return bd_fail(err, ENAMETOOLONG, "the cache directory's name is too long: %s", cache);
	return 0;
}

static int run_mkimage(enum bd_layout layout, const char *mkimage, const char *folder, const char *output,
		       struct bd_error *err)
{
	const char *argv[12 + COUNT(read_modules) + COUNT(boot_modules)] = {
		mkimage, "-O", "i386-pc", "-d", folder, "-p", PREFIX, "-o", output,
	};
	size_t argc = 9;

	for (size_t i = 0; i < COUNT(read_modules); i++)
		argv[argc++] = read_modules[i];
	for (size_t i = 0; i < COUNT(boot_modules) && layout == BD_LAYOUT_ALIGNED; i++)
		argv[argc++] = boot_modules[i];
	return bd_run(&(struct bd_run){ .argv = argv }, err);
}

/* core.img, padded to whole sectors and patched. EINVAL: it is none. */
static int read_core(const char *path, struct bd_grub *grub, struct bd_error *err)
{
	BD_FREE char *core = NULL;
	size_t size;

	if (bd_read_file(path, CORE_LIMIT_BYTES, &core, &size, err) != 0)
		return -1;
	size_t rounded = (size + BD_SECTOR_BYTES - 1) / BD_SECTOR_BYTES * BD_SECTOR_BYTES;
	BD_FREE char *padded = calloc(1, rounded + 1);
	if (!padded)
		return bd_no_memory(err);
	memcpy(padded, core, size);
	if (bd_grub2_patch_core((uint8_t *)padded, rounded, err) != 0)
		return -1;
	grub->core = bd_take_ptr(padded);
	grub->core_bytes = rounded;
	return 0;
}

/* Two runs at once may both make it; whoever publishes second finds the same bytes there. What is no core.img never
 * gets into the cache. */
static int make_core(enum bd_layout layout, const char *mkimage, const char *folder, const char *path,
		     struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
	BD_DISPOSE(bd_grub_dispose) struct bd_grub probe = { 0 };

	if (bd_atomic_file_open(path, 0644, &draft, err) != 0)
		return err->kind == BD_KIND_EXISTS ? 0 : -1;
	if (run_mkimage(layout, mkimage, folder, draft.work_path, err) != 0)
		return -1;
	if (read_core(draft.work_path, &probe, err) != 0)
		return bd_wrap(err, "%s", mkimage);
	if (bd_atomic_file_sync(&draft, err) != 0)
		return -1;
	if (bd_atomic_file_publish(&draft, err) != 0)
		return err->kind == BD_KIND_EXISTS ? 0 : -1;
	return 0;
}

static int check_cached(const char *path, struct bd_error *err)
{
	struct stat there;

	if (lstat(path, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", path);
	if (!S_ISREG(there.st_mode))
		return bd_fail(err, EPERM, "%s is not a regular file", path);
	if (bd_trust_check(path, &there, "cached file", err) != 0) {
		bd_warn("%s; recreating it", err->message);
		return -1;
	}
	return 0;
}

static int load_core(enum bd_layout layout, uint64_t room, const char *mkimage, const char *folder,
		     struct bd_grub *grub, struct bd_error *err)
{
	char path[PATH_MAX];

	if (cached_core_path(layout, mkimage, folder, path, sizeof(path), err) != 0)
		return -1;
	if (check_cached(path, err) != 0 || read_core(path, grub, err) != 0) {
		/* A broken one, from a crash or by hand, is built again, and so is one that someone else has put
		 * there. */
		if (err->code == EINVAL || err->code == EPERM)
			unlink(path);
		if (make_core(layout, mkimage, folder, path, err) != 0)
			return -1;
		if (read_core(path, grub, err) != 0)
			return bd_wrap(err, "%s", path);
	}
	if (grub->core_bytes > room)
		return bd_fail(
			err, EFBIG,
			"GRUB's core.img of %zu bytes does not fit into the %llu bytes before partition 1 in the %s layout",
			grub->core_bytes, (unsigned long long)room, bd_layout_name(layout));
	return 0;
}

static int load_boot(const char *folder, struct bd_grub *grub, struct bd_error *err)
{
	char path[PATH_MAX];
	BD_FREE char *boot_img = NULL;
	size_t size;

	snprintf(path, sizeof(path), "%s/boot.img", folder);
	if (bd_read_file(path, BD_SECTOR_BYTES, &boot_img, &size, err) != 0)
		return -1;
	if (size != BD_SECTOR_BYTES)
		return bd_fail(err, EINVAL, "%s has %zu bytes, not %u", path, size, BD_SECTOR_BYTES);
	if (bd_grub2_patch_boot((const uint8_t *)boot_img, grub->boot_code, err) != 0)
		return bd_wrap(err, "%s", path);
	return 0;
}

static int add_module_file(struct bd_tree *tree, const char *folder, const char *name, struct bd_error *err)
{
	char host[PATH_MAX], guest[PATH_MAX];

	snprintf(host, sizeof(host), "%s/%s", folder, name);
	snprintf(guest, sizeof(guest), "/boot/grub/i386-pc/%s", name);
	return bd_tree_find(tree, guest) ? 0 : bd_tree_add_host_file(tree, guest, 0644, host, err);
}

/* moddep.lst has a line "module: needed needed ..." for each module. */
static int add_module(struct bd_tree *tree, const char *folder, const char *moddep, const char *module,
		      struct bd_error *err)
{
	char name[64], key[66];
	int n = snprintf(name, sizeof(name), "%s.mod", module);
	char guest[PATH_MAX];

	if (n < 0 || (size_t)n >= sizeof(name))
		return bd_fail(err, EINVAL, "%s/moddep.lst names a module of more than 60 letters", folder);
	snprintf(guest, sizeof(guest), "/boot/grub/i386-pc/%s", name);
	if (bd_tree_find(tree, guest))
		return 0;
	if (add_module_file(tree, folder, name, err) != 0)
		return -1;

	snprintf(key, sizeof(key), "%s:", module);
	for (const char *line = moddep; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		BD_FREE char *needed = strndup(line + strlen(key), strcspn(line, "\n") - strlen(key));
		char *rest = NULL;
		if (!needed)
			return bd_no_memory(err);
		for (char *word = strtok_r(needed, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
			if (add_module(tree, folder, moddep, word, err) != 0)
				return -1;
	}
	return 0;
}

static int add_modules(struct bd_tree *tree, const char *folder, struct bd_error *err)
{
	/* What `normal` reads to find the module of a command, a filesystem, a terminal. */
	static const char *const lists[] = { "command.lst", "fs.lst",	   "crypto.lst",   "terminal.lst",
					     "moddep.lst",  "partmap.lst", "parttool.lst", "video.lst" };
	char path[PATH_MAX];
	BD_FREE char *moddep = NULL;

	snprintf(path, sizeof(path), "%s/moddep.lst", folder);
	if (bd_read_file(path, 1 << 20, &moddep, NULL, err) != 0)
		return -1;
	for (size_t i = 0; i < COUNT(boot_modules); i++)
		if (add_module(tree, folder, moddep, boot_modules[i], err) != 0)
			return -1;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct stat there;
		snprintf(path, sizeof(path), "%s/%s", folder, lists[i]);
		if (stat(path, &there) == 0 && add_module_file(tree, folder, lists[i], err) != 0)
			return -1;
	}
	return 0;
}

static int is_module_file(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && (strcmp(dot, ".mod") == 0 || strcmp(dot, ".lst") == 0);
}

/* A grub.cfg that is not ours may ask for any of them; those of the template may be of another GRUB. */
static int add_all_modules(struct bd_tree *tree, const char *folder, struct bd_error *err)
{
	struct dirent **entries;
	/* In order of their names, so that the same guest has the same image. */
	int count = scandir(folder, &entries, is_module_file, alphasort);
	int r = 0;

	if (count < 0)
		return bd_fail_errno(err, "cannot read %s", folder);
	for (int i = 0; i < count; i++) {
		if (r == 0)
			r = add_module_file(tree, folder, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* Modules are found in the filesystem too: in `cylinder` most of them, and all for a grub.cfg of the template's
 * own. */
static int add_module_files(const struct bd_plan *plan, bool own_grub_cfg, struct bd_tree *tree, const char *folder,
			    struct bd_error *err)
{
	if (!own_grub_cfg && plan->layout != BD_LAYOUT_CYLINDER)
		return 0;
	if (bd_tree_add_dir(tree, "/boot", 0755, err) != 0 || bd_tree_add_dir(tree, "/boot/grub", 0755, err) != 0 ||
	    bd_tree_add_dir(tree, "/boot/grub/i386-pc", 0755, err) != 0)
		return -1;
	return own_grub_cfg ? add_all_modules(tree, folder, err) : add_modules(tree, folder, err);
}

int bd_grub2_load(enum bd_layout layout, uint64_t gap_bytes, struct bd_grub *grub_out, struct bd_error *err)
{
	char folder[PATH_MAX / 2], mkimage[PATH_MAX];
	BD_DISPOSE(bd_grub_dispose) struct bd_grub grub = { 0 };

	if (find_images(folder, sizeof(folder), err) != 0 || find_mkimage(mkimage, sizeof(mkimage), err) != 0 ||
	    load_boot(folder, &grub, err) != 0 || load_core(layout, gap_bytes, mkimage, folder, &grub, err) != 0)
		return -1;
	*grub_out = bd_take_struct(grub);
	return 0;
}

int bd_grub2_prepare(const struct bd_plan *plan, bool own_grub_cfg, struct bd_grub *grub_out, struct bd_tree *tree,
		     struct bd_error *err)
{
	char folder[PATH_MAX / 2];
	BD_DISPOSE(bd_grub_dispose) struct bd_grub grub = { 0 };

	if (bd_grub2_load(plan->layout, bd_region_bytes(bd_plan_find(plan, BD_REGION_BOOT)), &grub, err) != 0 ||
	    find_images(folder, sizeof(folder), err) != 0 ||
	    add_module_files(plan, own_grub_cfg, tree, folder, err) != 0)
		return -1;
	*grub_out = bd_take_struct(grub);
	return 0;
}
