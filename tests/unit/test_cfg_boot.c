/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about xlcfg/boot.h and xlcfg/vdev.h: one of our configs that is changed to boot in another way is, byte for byte, the
 * one that a new guest would have got (xl-configs/). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file/file.h"
#include "cfg_checks.h"
#include "xlcfg/boot.h"
#include "xlcfg/edit.h"
#include "xlcfg/vdev.h"

#define DIRECT_CMDLINE \
	"root=UUID=0c3e6a5b-2d41-4a9c-8b7e-5f6a7b8c9d0e ro quiet console=tty0 console=ttyS0 console=hvc0"

static const struct row {
	const char *file, *type;
	struct bd_xlcfg_boot boot;
} rows[] = {
	{ "pv-pygrub", "pv", { .how = BD_BOOT_PYGRUB } },
	{ "pv-pygrub-restricted", "pv", { .how = BD_BOOT_PYGRUB, .restrict_bootloader = true } },
	{ "pvh-pygrub", "pvh", { .how = BD_BOOT_PYGRUB } },
	{ "pv-bigdisk", "pv", { .how = BD_BOOT_BIGDISK } },
	{ "pvh-bigdisk", "pvh", { .how = BD_BOOT_BIGDISK } },
	{ "pv-pvgrub", "pv", { .how = BD_BOOT_PVGRUB, .kernel = "/usr/lib/grub-xen/grub-x86_64-xen.bin" } },
	{ "pvh-pvgrub", "pvh", { .how = BD_BOOT_PVGRUB, .kernel = "/usr/lib/grub-xen/grub-i386-xen_pvh.bin" } },
	{ "pv-direct", "pv", { .how = BD_BOOT_DIRECT } },
	{ "pvh-direct", "pvh", { .how = BD_BOOT_DIRECT } },
	{ "hvm-disk", "hvm", { .how = BD_BOOT_DISK } },
};

#define ROWS (sizeof(rows) / sizeof(*rows))

static char *golden(const char *name)
{
	struct bd_error err = BD_ERROR_INIT;
	char path[128], *text;

	snprintf(path, sizeof(path), "xl-configs/%s.cfg", name);
	if (bd_read_file(path, 1 << 16, &text, NULL, &err) != 0)
		fail_msg("%s", err.message);
	return text;
}

static void take(char **text, char *changed)
{
	free(*text);
	*text = changed;
}

static char *changed_to(const char *text, bool was_hvm, const struct row *to, const struct bd_xlcfg_boot *boot)
{
	struct bd_error err = BD_ERROR_INIT;
	char quoted[8], *changed, *next;
	const struct bd_cfg_change type = { .key = "type", .value = quoted };

	snprintf(quoted, sizeof(quoted), "\"%s\"", to->type);
	assert_int_equal(bd_cfg_edit_boot(text, was_hvm, boot, &changed, &err), 0);
	assert_int_equal(bd_cfg_edit(changed, &type, 1, &next, &err), 0);
	take(&changed, next);
	assert_int_equal(bd_cfg_edit_vdevs(changed, strcmp(to->type, "hvm") == 0, &next, &err), 0);
	take(&changed, next);
	return changed;
}

/* Kernel, initramfs and command line are as in the golden file. */
static void of_golden(const char *text, struct bd_xlcfg_boot *boot, struct bd_cfg *cfg)
{
	*cfg = parsed(text);
	if (boot->how != BD_BOOT_DIRECT)
		return;
	boot->kernel = cfg->kernel;
	boot->ramdisk = cfg->ramdisk;
	boot->cmdline = cfg->cmdline;
}

static void each_of_our_configs_becomes_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		for (size_t j = 0; j < ROWS; j++) {
			char *from = golden(rows[i].file), *to = golden(rows[j].file);
			struct bd_xlcfg_boot boot = rows[j].boot;
			struct bd_cfg cfg;
			of_golden(to, &boot, &cfg);
			char *changed = changed_to(from, strcmp(rows[i].type, "hvm") == 0, &rows[j], &boot);
			if (strcmp(changed, to) != 0)
				fail_msg("%s -> %s:\n%s", rows[i].file, rows[j].file, changed);
			bd_cfg_dispose(&cfg);
			free(changed);
			free(from);
			free(to);
		}
	}
}

static void the_way_is_told_from_each(void **state)
{
	enum bd_guest_boot how;

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		char *text = golden(rows[i].file);
		struct bd_cfg cfg = parsed(text);
		assert_true(bd_cfg_boot(&cfg, &how));
		assert_int_equal(how, rows[i].boot.how);
		bd_cfg_dispose(&cfg);
		free(text);
	}
}

static void what_others_wrote_is_told_or_is_not(void **state)
{
	static const struct {
		const char *text;
		bool is_known;
		enum bd_guest_boot how;
	} texts[] = {
		{ "bootloader='/usr/lib/xen-4.17/bin/pygrub'\n", true, BD_BOOT_PYGRUB },
		{ "bootloader=\"xen-bigdisk-boot\"\n", true, BD_BOOT_BIGDISK },
		{ "type='pvh'\nbootloader='/usr/bin/xen-bigdisk-boot'\nbootloader_args='-q'\n", true,
		  BD_BOOT_BIGDISK },
		{ "bootloader='xen-bigdisk-boot2'\n", false, BD_BOOT_PYGRUB },
		{ "bootloader=\"other-loader\"\n", false, BD_BOOT_PYGRUB },
		{ "kernel='/boot/vmlinuz-6.1'\nroot='/dev/xvda1 ro'\n", true, BD_BOOT_DIRECT },
		{ "kernel='/d/grub01.vmlinuz'\n", true, BD_BOOT_DIRECT },
		{ "kernel='/usr/lib/grub-xen/grub-x86_64-xen.bin'\n", true, BD_BOOT_PVGRUB },
		{ "memory=5\n", false, BD_BOOT_PYGRUB },
		{ "builder='hvm'\n", true, BD_BOOT_DISK },
		{ "type='hvm'\nbios='ovmf'\n", true, BD_BOOT_UEFI },
		{ "type='hvm'\nkernel='/boot/vmlinuz'\n", false, BD_BOOT_DISK },
	};
	enum bd_guest_boot how = BD_BOOT_PYGRUB;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct bd_cfg cfg = parsed(texts[i].text);
		assert_int_equal(bd_cfg_boot(&cfg, &how), texts[i].is_known);
		if (texts[i].is_known)
			assert_int_equal(how, texts[i].how);
		bd_cfg_dispose(&cfg);
	}
}

static void comments_order_and_other_keys_of_others_stay(void **state)
{
	static const char text[] = "# my guest\n"
				   "name = 'db'; kernel = '/boot/vmlinuz' # by hand\n"
				   "disk = [ 'phy:/dev/vg/db,xvda,w',\n"
				   "         'file:/srv/xvda,xvdb,w' ]; ramdisk = '/boot/initrd'\n"
				   "root = '/dev/xvda ro'\n"
				   "extra += 'quiet'\n"
				   "vcpus = 2";
	static const char wanted[] =
		"# my guest\n"
		"name = 'db'; # by hand\n"
		"disk = [ 'phy:/dev/vg/db,xvda,w',\n"
		"         'file:/srv/xvda,xvdb,w' ];\n"
		"# GRUB itself runs inside the domain and reads /boot/grub/grub.cfg from its disk.\n"
		"kernel = \"/grub.bin\"\n"
		"vcpus = 2";
	const struct bd_xlcfg_boot boot = { .how = BD_BOOT_PVGRUB, .kernel = "/grub.bin" };
	struct bd_error err = BD_ERROR_INIT;
	char *changed;

	(void)state;
	assert_int_equal(bd_cfg_edit_boot(text, false, &boot, &changed, &err), 0);
	assert_string_equal(changed, wanted);
	struct bd_cfg cfg = parsed(changed);
	assert_string_equal(cfg.kernel, "/grub.bin");
	assert_null(cfg.cmdline);
	bd_cfg_dispose(&cfg);
	free(changed);
}

static void without_any_key_the_lines_come_last(void **state)
{
	const struct bd_xlcfg_boot boot = { .how = BD_BOOT_PVGRUB, .kernel = "/grub\"s.bin" };
	struct bd_error err = BD_ERROR_INIT;
	char *changed;

	(void)state;
	assert_int_equal(bd_cfg_edit_boot("name = 'a'", false, &boot, &changed, &err), 0);
	assert_string_equal(changed, "name = 'a'\n# GRUB itself runs inside the domain and reads /boot/grub/grub.cfg "
				     "from its disk.\nkernel = \"/grub\\\"s.bin\"\n");
	free(changed);
}

static void a_screen_of_an_hvm_guest_stays_with_another_firmware(void **state)
{
	const struct bd_xlcfg_boot boot = { .how = BD_BOOT_UEFI, .kernel = "/ovmf.fd" };
	struct bd_error err = BD_ERROR_INIT;
	char *changed;

	(void)state;
	assert_int_equal(
		bd_cfg_edit_boot("type = 'hvm'\nvnc = 1\nvnclisten = '0.0.0.0'\n", true, &boot, &changed, &err), 0);
	assert_non_null(strstr(changed, "vnclisten = '0.0.0.0'\n"));
	assert_non_null(strstr(changed, "bios_path_override = \"/ovmf.fd\"\n"));
	assert_null(strstr(changed, "serial"));
	free(changed);
}

static void names_of_disks_are_changed_where_they_stand(void **state)
{
	static const char text[] = "disk = [ '/srv/xvda,raw,xvda,rw', \"phy:/dev/xvdb,sdx1,w\" ,\n"
				   "  'vdev = xvdc', ' vdev=xvdh ', 'vdev=xvdg,target=/a,xvda' ]\n"
				   "# xvda, vdev=xvda\n"
				   "disk += [ \"file:/x,xvdd ,r\" ]\n";
	static const char wanted[] = "disk = [ '/srv/xvda,raw,sda,rw', \"phy:/dev/xvdb,sdx1,w\" ,\n"
				     "  'vdev = xvdc', ' vdev=xvdh ', 'vdev=sdg,target=/a,xvda' ]\n"
				     "# xvda, vdev=xvda\n"
				     "disk += [ \"file:/x,sdd ,r\" ]\n";
	struct bd_error err = BD_ERROR_INIT;
	char *changed, *back;

	(void)state;
	assert_int_equal(bd_cfg_edit_vdevs(text, true, &changed, &err), 0);
	assert_string_equal(changed, wanted);
	assert_int_equal(bd_cfg_edit_vdevs(changed, false, &back, &err), 0);
	assert_string_equal(back, text);
	free(changed);
	free(back);
	assert_int_equal(bd_cfg_edit_vdevs("disk = [ '/a,raw,hdb,rw' ]\n", false, &changed, &err), 0);
	assert_string_equal(changed, "disk = [ '/a,raw,xvdb,rw' ]\n");
	free(changed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_our_configs_becomes_each_other),
		cmocka_unit_test(the_way_is_told_from_each),
		cmocka_unit_test(what_others_wrote_is_told_or_is_not),
		cmocka_unit_test(comments_order_and_other_keys_of_others_stay),
		cmocka_unit_test(without_any_key_the_lines_come_last),
		cmocka_unit_test(a_screen_of_an_hvm_guest_stays_with_another_firmware),
		cmocka_unit_test(names_of_disks_are_changed_where_they_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
