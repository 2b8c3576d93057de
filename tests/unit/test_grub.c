/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about disk/grub.h: the boot sector, from made-up images and, where grub-pc-bin is installed, the real ones. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/file/file.h"
#include "base/process/run.h"
#include "disk/grub.h"
#include "disk/grub_mkimage.h"

#define REAL_BOOT_IMG "/usr/lib/grub/i386-pc/boot.img"

static char cache[] = "/tmp/xen-bigdisk-test-grub-XXXXXX";

static int make_cache(void **state)
{
	(void)state;
	return mkdtemp(cache) && setenv("XEN_BIGDISK_CACHE", cache, 1) == 0 ? 0 : -1;
}

static int remove_cache(void **state)
{
	DIR *folder = opendir(cache);

	(void)state;
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		char path[512];
		snprintf(path, sizeof(path), "%s/%s", cache, entry->d_name);
		unlink(path);
	}
	closedir(folder);
	return rmdir(cache);
}

static void fill_boot_img(uint8_t boot_img[512])
{
	for (unsigned i = 0; i < 512; i++)
		boot_img[i] = (uint8_t)(i * 7 + 1);
	boot_img[0x66] = 0xeb;
	boot_img[0x67] = 0x05;
	put_le16(boot_img + 510, 0xaa55);
}

/* boot.h: 0x5c u64 sector of core.img, 0x64 boot drive, 0x66 the jump that hard disks do not want. */
static void assert_patched(const uint8_t original[512], const uint8_t code[440])
{
	for (unsigned i = 0; i < 440; i++)
		if (i < 0x5c || i > 0x67 || i == 0x65)
			assert_int_equal(code[i], original[i]);
	assert_int_equal(get_le64(code + 0x5c), 1);
	assert_int_equal(code[0x64], 0xff);
	assert_int_equal(code[0x66], 0x90);
	assert_int_equal(code[0x67], 0x90);
}

static void boot_img_is_patched_in_three_places_only(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	uint8_t boot_img[512], code[440];

	(void)state;
	fill_boot_img(boot_img);
	assert_int_equal(bd_grub2_patch_boot(boot_img, code, &err), 0);
	assert_patched(boot_img, code);
}

static void a_file_that_is_no_boot_img_is_refused(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	uint8_t boot_img[512], code[440];

	(void)state;
	fill_boot_img(boot_img);
	boot_img[511] = 0;
	assert_int_equal(bd_grub2_patch_boot(boot_img, code, &err), -1);
	assert_int_equal(err.code, EINVAL);
	fill_boot_img(boot_img);
	boot_img[0x66] = 0x00;
	assert_int_equal(bd_grub2_patch_boot(boot_img, code, &err), -1);
	assert_int_equal(err.code, EINVAL);
}

static void the_blocklist_of_core_img_tells_where_the_rest_lies(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	uint8_t core[53 * 512], original[sizeof(core)];

	(void)state;
	memset(core, 0x5a, sizeof(core));
	put_le64(core + 0x1f4, 0x1122334455667788);
	put_le16(core + 0x1fc, 7);
	put_le16(core + 0x1fe, 0x820);
	memcpy(original, core, sizeof(core));
	assert_int_equal(bd_grub2_patch_core(core, sizeof(core), &err), 0);
	/* facts/disk.md's: {2, 52, 0x820} for 53 sectors */
	assert_int_equal(get_le64(core + 0x1f4), 2);
	assert_int_equal(get_le16(core + 0x1fc), 52);
	assert_int_equal(get_le16(core + 0x1fe), 0x820);
	assert_memory_equal(core, original, 0x1f4);
	assert_memory_equal(core + 512, original + 512, sizeof(core) - 512);
}

static void a_file_that_is_no_core_img_is_refused(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	uint8_t core[4 * 512] = { 0 };

	(void)state;
	put_le16(core + 0x1fe, 0x820);
	assert_int_equal(bd_grub2_patch_core(core, 512, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_int_equal(bd_grub2_patch_core(core, sizeof(core) - 1, &err), -1);
	assert_int_equal(bd_grub2_patch_core(core, 0, &err), -1);
	put_le16(core + 0x1fe, 0x821);
	assert_int_equal(bd_grub2_patch_core(core, sizeof(core), &err), -1);
}

static void need_grub(void)
{
	struct bd_error err = BD_ERROR_INIT;
	char path[4096];

	if (access(REAL_BOOT_IMG, R_OK) == 0 && bd_find_program("grub-mkimage", path, sizeof(path), &err) == 0)
		return;
	print_message("grub-pc-bin and grub-common are not installed\n");
	skip();
}

static void prepare_for(enum bd_layout layout, bool own_grub_cfg, struct bd_grub *grub, struct bd_tree *tree)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_plan plan;

	assert_int_equal(
		bd_plan_disk(layout, &(struct bd_plan_sizes){ .disk_bytes = (uint64_t)1 << 30 }, &plan, &err), 0);
	*tree = (struct bd_tree){ 0 };
	*grub = (struct bd_grub){ 0 };
	if (bd_grub2_prepare(&plan, own_grub_cfg, grub, tree, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(grub->core_bytes % 512, 0);
	assert_true(grub->core_bytes <= bd_region_bytes(bd_plan_find(&plan, BD_REGION_BOOT)));
	assert_int_equal(get_le64((const uint8_t *)grub->core + 0x1f4), 2);
	assert_int_equal(get_le16((const uint8_t *)grub->core + 0x1fc), grub->core_bytes / 512 - 1);
}

static void prepare(enum bd_layout layout, struct bd_grub *grub, struct bd_tree *tree)
{
	prepare_for(layout, false, grub, tree);
}

static void the_installed_boot_img_is_taken_and_patched(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_grub grub;
	struct bd_tree tree;
	char *boot_img;

	(void)state;
	need_grub();
	prepare(BD_LAYOUT_ALIGNED, &grub, &tree);
	assert_int_equal(bd_read_file(REAL_BOOT_IMG, 512, &boot_img, NULL, &err), 0);
	assert_patched((const uint8_t *)boot_img, grub.boot_code);
	free(boot_img);
	bd_grub_dispose(&grub);
	bd_grub_dispose(&grub);
	bd_tree_dispose(&tree);
}

static void aligned_has_every_module_in_core_img(void **state)
{
	struct bd_grub grub;
	struct bd_tree tree;

	(void)state;
	need_grub();
	prepare(BD_LAYOUT_ALIGNED, &grub, &tree);
	assert_int_equal(tree.count, 0);
	assert_true(grub.core_bytes > 31744);
	bd_grub_dispose(&grub);
	bd_tree_dispose(&tree);
}

/* moddep.lst: what a module needs has to be there as well, or GRUB stops at its rescue prompt. */
static void assert_needs_are_there(const struct bd_tree *tree)
{
	struct bd_error err = BD_ERROR_INIT;
	char *moddep, *rest = NULL;

	assert_int_equal(bd_read_file("/usr/lib/grub/i386-pc/moddep.lst", 1 << 20, &moddep, NULL, &err), 0);
	for (char *line = strtok_r(moddep, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char path[256], *more = NULL;
		char *colon = strchr(line, ':');
		assert_non_null(colon);
		*colon = '\0';
		snprintf(path, sizeof(path), "/boot/grub/i386-pc/%s.mod", line);
		if (!bd_tree_find(tree, path))
			continue;
		for (char *word = strtok_r(colon + 1, " ", &more); word; word = strtok_r(NULL, " ", &more)) {
			snprintf(path, sizeof(path), "/boot/grub/i386-pc/%s.mod", word);
			if (!bd_tree_find(tree, path))
				fail_msg("%s needs %s", line, path);
		}
	}
	free(moddep);
}

static void cylinder_has_its_modules_in_the_filesystem(void **state)
{
	static const char *const wanted[] = { "normal.mod", "linux.mod",  "configfile.mod", "search.mod",
					      "serial.mod", "moddep.lst", "command.lst",    "fs.lst" };
	struct bd_grub grub;
	struct bd_tree tree;

	(void)state;
	need_grub();
	prepare(BD_LAYOUT_CYLINDER, &grub, &tree);
	assert_true(grub.core_bytes <= 62 * 512);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		char path[128];
		snprintf(path, sizeof(path), "/boot/grub/i386-pc/%s", wanted[i]);
		const struct bd_node *node = bd_tree_find(&tree, path);
		if (!node || !node->host_path || access(node->host_path, R_OK) != 0)
			fail_msg("%s is not in the tree", path);
	}
	assert_needs_are_there(&tree);
	bd_grub_dispose(&grub);
	bd_tree_dispose(&tree);
}

static void a_grub_cfg_of_the_template_s_own_finds_every_module(void **state)
{
	struct bd_grub grub;
	struct bd_tree tree;
	unsigned installed = 0;

	(void)state;
	need_grub();
	prepare_for(BD_LAYOUT_ALIGNED, true, &grub, &tree);
	DIR *folder = opendir("/usr/lib/grub/i386-pc");
	for (const struct dirent *entry; (entry = readdir(folder));) {
		const char *dot = strrchr(entry->d_name, '.');
		if (!dot || (strcmp(dot, ".mod") != 0 && strcmp(dot, ".lst") != 0))
			continue;
		char path[512];
		snprintf(path, sizeof(path), "/boot/grub/i386-pc/%s", entry->d_name);
		if (!bd_tree_find(&tree, path))
			fail_msg("%s is not in the tree", path);
		installed++;
	}
	closedir(folder);
	assert_int_equal(tree.count, installed + 3); /* and three folders */
	bd_grub_dispose(&grub);
	bd_tree_dispose(&tree);
}

static void core_img_is_made_once_and_then_taken_from_the_cache(void **state)
{
	struct bd_grub first, second;
	struct bd_tree tree;

	(void)state;
	need_grub();
	prepare(BD_LAYOUT_CYLINDER, &first, &tree);
	bd_tree_dispose(&tree);
	prepare(BD_LAYOUT_CYLINDER, &second, &tree);
	bd_tree_dispose(&tree);
	assert_int_equal(first.core_bytes, second.core_bytes);
	assert_memory_equal(first.core, second.core, first.core_bytes);

	DIR *folder = opendir(cache);
	unsigned cylinder = 0;
	for (const struct dirent *entry; (entry = readdir(folder));) {
		cylinder += strncmp(entry->d_name, "grub-core-cylinder-", 19) == 0;
		assert_null(strstr(entry->d_name, "partial"));
	}
	closedir(folder);
	assert_int_equal(cylinder, 1);
	bd_grub_dispose(&first);
	bd_grub_dispose(&second);
}

static void kinds_of_boot_sector_have_names(void **state)
{
	struct bd_error err = BD_ERROR_INIT;
	enum bd_boot_sector kind;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(bd_boot_sector_parse(bd_boot_sector_name((enum bd_boot_sector)i), &kind, &err), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(bd_boot_sector_parse("grub", &kind, &err), -1);
	assert_int_equal(err.code, BD_EUSAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boot_img_is_patched_in_three_places_only),
		cmocka_unit_test(a_file_that_is_no_boot_img_is_refused),
		cmocka_unit_test(the_blocklist_of_core_img_tells_where_the_rest_lies),
		cmocka_unit_test(a_file_that_is_no_core_img_is_refused),
		cmocka_unit_test(the_installed_boot_img_is_taken_and_patched),
		cmocka_unit_test(aligned_has_every_module_in_core_img),
		cmocka_unit_test(cylinder_has_its_modules_in_the_filesystem),
		cmocka_unit_test(a_grub_cfg_of_the_template_s_own_finds_every_module),
		cmocka_unit_test(core_img_is_made_once_and_then_taken_from_the_cache),
		cmocka_unit_test(kinds_of_boot_sector_have_names),
	};
	return cmocka_run_group_tests(tests, make_cache, remove_cache);
}
