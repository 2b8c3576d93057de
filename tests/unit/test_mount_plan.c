/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about inside/mounts/plan.h, the partitions that an /etc/fstab mounts, and import/disk/merged_fstab.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "import/disk/merged_fstab.h"
#include "inside/mounts/device_name.h"
#include "inside/mounts/plan.h"

static struct bd_partition items[] = {
	{ .number = 1, .type = "ext4", .uuid = "0d7b1e5c-0000-4000-8000-00000000aaaa", .label = "root" },
	{ .number = 2,
	  .type = "ext4",
	  .uuid = "0d7b1e5c-0000-4000-8000-00000000bbbb",
	  .label = "a b",
	  .partition_uuid = "11111111-2222-3333-4444-555555555555",
	  .name = "boot part" },
	{ .number = 3, .type = "xfs", .label = "data" },
	{ .number = 5, .type = "swap", .uuid = "0d7b1e5c-0000-4000-8000-00000000cccc" },
	{ .number = 6, .type = "ext3", .label = "twice" },
	{ .number = 7, .type = "ext2", .label = "twice" },
	{ .number = 15, .type = "vfat", .uuid = "ABCD-1234", .label = "UEFI" },
};
static const struct bd_partitions table = { .items = items, .count = sizeof(items) / sizeof(*items) };

static const char *advice(const char *type)
{
	return strcmp(type, "xfs") == 0 ? "; mount it" : "";
}

static struct bd_mount_plan plan;
static struct bd_error err;

/* "/boot=2 /usr=6", and behind a "-" what is left out. */
static void plans(const char *fstab, const char *expected)
{
	char text[512] = "", number[300];

	err = (struct bd_error)BD_ERROR_INIT;
	if (bd_mount_plan_make(&table, 0, fstab, advice, &plan, &err) != 0)
		fail_msg("%s: %s", fstab, err.message);
	for (size_t i = 0; i < plan.mount_count; i++) {
		snprintf(number, sizeof(number), "%s=%d", plan.mounts[i].path,
			 items[plan.mounts[i].partition].number);
		bd_text_append(text, sizeof(text), " ", "%s", number);
	}
	for (size_t i = 0; i < plan.left_out_count; i++)
		bd_text_append(text, sizeof(text), " ", "-%s=%d", plan.left_out[i].path,
			       items[plan.left_out[i].partition].number);
	assert_string_equal(text, expected);
}

static void refuses(const char *fstab, int code, const char *text)
{
	err = (struct bd_error)BD_ERROR_INIT;
	assert_int_equal(bd_mount_plan_make(&table, 0, fstab, advice, &plan, &err), -1);
	assert_int_equal(err.code, code);
	if (!strstr(err.message, text))
		fail_msg("\"%s\" is not in: %s", text, err.message);
}

static void a_partition_is_found_by_each_of_its_names(void **state)
{
	(void)state;
	plans("UUID=0D7B1E5C-0000-4000-8000-00000000BBBB /boot ext4 defaults 0 2\n", "/boot=2");
	plans("UUID=\"0d7b1e5c-0000-4000-8000-00000000bbbb\" /boot ext4", "/boot=2");
	plans("LABEL=a\\040b /boot auto defaults 0 2\n", "/boot=2");
	plans("PARTUUID=11111111-2222-3333-4444-555555555555\t/boot\text4\n", "/boot=2");
	plans("PARTLABEL=\"boot\\040part\" /boot ext4\n", "/boot=2");
	plans("/dev/disk/by-uuid/0d7b1e5c-0000-4000-8000-00000000bbbb /boot ext4\n", "/boot=2");
	plans("/dev/disk/by-label/a\\x20b /boot ext4\n", "/boot=2");
	plans("/dev/disk/by-partuuid/11111111-2222-3333-4444-555555555555 /boot ext4\n", "/boot=2");
	plans("/dev/disk/by-partlabel/boot\\x20part /boot ext4\n", "/boot=2");
	static const char *const names[] = { "/dev/sda2", "/dev/vda2",	    "/dev/xvda2",
					     "/dev/hda2", "/dev/nvme0n1p2", "/dev/mmcblk0p2" };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char line[100];
		snprintf(line, sizeof(line), "%s /home ext4 defaults 0 2\n", names[i]);
		plans(line, "/home=2");
	}
	/* The disk is the one that / is on. */
	plans("/dev/xvde1 / ext4\n/dev/xvde2 /home ext4\n/dev/xvda6 /srv ext4\n", "/home=2");
	plans("/dev/nvme1n1p1 / ext4\n/dev/nvme1n1p2 /home ext4\n/dev/nvme0n1p6 /srv ext4\n", "/home=2");
}

static void what_is_mounted_below_another_comes_after_it(void **state)
{
	(void)state;
	plans("/dev/sda6 /usr/local ext4\n/dev/sda7 //usr/./ ext4\n/dev/sda2 /boot/ ext4\n",
	      "/boot=2 /usr=7 /usr/local=6");
}

static void what_is_no_part_of_the_root_filesystem_is_passed_over(void **state)
{
	(void)state;
	plans("# LABEL=root /boot ext4\n\nLABEL=root / ext4\nUUID=0d7b1e5c-0000-4000-8000-00000000cccc none swap sw\n"
	      "/dev/sda2 none swap\ntmpfs /tmp tmpfs\nproc /proc proc\nnas:/x /mnt nfs\n/srv/x /y none bind\n"
	      "/dev/sda2 /boot ext4 noauto\n/dev/sdb1 /data ext4\nUUID=1 /usr ext4 nofail\nLABEL=root /again ext4\n"
	      "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto\n/dev/sda2 relative ext4\n/dev/sda2 /a/../b ext4\nLABEL= /c ext4\n",
	      "");
	plans("", "");
	plans("LABEL=UEFI /boot/efi vfat umask=0077\nUUID=gone /efi vfat\n", "-/boot/efi=15");
}

static void what_cannot_be_had_is_refused_by_name(void **state)
{
	(void)state;
	refuses("LABEL=data /var xfs defaults 0 0\n", ENOTSUP,
		"its /etc/fstab mounts /var from partition 3, xfs, which is not read; mount it");
	plans("LABEL=UEFI /boot vfat\n", "/boot=15");
	refuses("UUID=elsewhere /usr ext4\n", EINVAL,
		"its /etc/fstab mounts /usr from UUID=elsewhere, which is not on this disk");
	refuses("LABEL=twice /home ext4\n", EINVAL, "which several of its partitions are called");
	refuses("/dev/sda2 /boot ext4\n/dev/sda6 /boot ext4\n", EINVAL, "mounts two filesystems at /boot");
	plans("/dev/sda2 /boot ext4\nPARTLABEL=boot\\040part /boot ext4\n", "/boot=2");
	strcpy(items[2].type, "LVM2_member");
	refuses("/dev/mapper/vg-var /var ext4\n", ENOTSUP,
		"its /etc/fstab mounts /var from /dev/mapper/vg-var, which may be in partition 3, LVM2_member, and is not read");
	refuses("UUID=inside /home ext4\n", ENOTSUP, "may be in partition 3, LVM2_member");
	strcpy(items[2].type, "xfs");
	char many[4096] = "";
	for (int i = 0; i < 33; i++)
		bd_text_append(many, sizeof(many), "\n", "/dev/sda2 /m%d ext4", i);
	refuses(many, EINVAL, "mounts more than 32 filesystems");
}

static void odd_names_of_devices_are_none(void **state)
{
	static const char *const odd[] = { "/dev/sda",
					   "/dev/sda0",
					   "/dev/sda2x",
					   "/dev/sda1234",
					   "/dev/2",
					   "/dev/",
					   "/dev/md2",
					   "/dev/dm-2",
					   "/dev/sd2",
					   "/dev/mapper/a2",
					   "/dev/disk/by-label/",
					   "/dev/disk/by-label/\\x2",
					   "/dev/nvme0n2",
					   "sda2",
					   "UUID=",
					   "/dev/p2",
					   "" };
	size_t index;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		assert_int_equal(bd_device_name_find(&table, odd[i], "", &index), BD_DEVICE_ABSENT);
}

static void merged_lines_become_comments(void **state)
{
	static struct bd_inside_mounts mounts = { .items = { { .path = "/" }, { .path = "/boot" } },
						  .count = 2,
						  .left_out = { { .path = "/boot/efi" } },
						  .left_out_count = 1 };
	BD_FREE char *text = NULL;

	(void)state;
	err = (struct bd_error)BD_ERROR_INIT;
	assert_int_equal(bd_merged_fstab("LABEL=root / ext4\n# x\nLABEL=b\t/boot/ ext4\n/dev/sda15 /boot/efi vfat\n"
					 "/dev/sda2 /boot ext4 noauto\n/srv/b /boot none bind\nLABEL=c /var ext4",
					 &mounts, &text, &err),
			 0);
	assert_string_equal(text, "LABEL=root / ext4\n# x\n# Merged into /: LABEL=b\t/boot/ ext4\n"
				  "# Left out: /dev/sda15 /boot/efi vfat\n"
				  "/dev/sda2 /boot ext4 noauto\n/srv/b /boot none bind\nLABEL=c /var ext4");
}

int main(void)
{
	static const struct CMUnitTest facts[] = {
		cmocka_unit_test(a_partition_is_found_by_each_of_its_names),
		cmocka_unit_test(what_is_mounted_below_another_comes_after_it),
		cmocka_unit_test(what_is_no_part_of_the_root_filesystem_is_passed_over),
		cmocka_unit_test(what_cannot_be_had_is_refused_by_name),
		cmocka_unit_test(odd_names_of_devices_are_none),
		cmocka_unit_test(merged_lines_become_comments),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
