/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disks and interfaces get our hotplug programs: plugin/libxl/hotplug.h. What libxl does with each is in its libxl_device.c
 * (disk_try_backend) and libxl_disk.c; tests/lab sees it on a real Xen. */
#include <fcntl.h>
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

#include "base/cleanup.h"
#include "libxl/hotplug.h"

static char folder[] = "/tmp/test_libxl_hotplug.XXXXXX";
static char image[64], ours_block[64], ours_vif[64];
static struct bd_xlconf xlconf;
static struct bd_error err;
static libxl_domain_config config;
static struct bd_hotplug_choice choice;

static void write_program(const char *name, mode_t mode)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0 && fchmod(fd, mode) == 0 && close(fd) == 0);
}

static void remove_program(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

static int begin(void **state)
{
	(void)state;
	write_program("block", 0755);
	write_program("block-bigdisk", 0755);
	write_program("vif-bridge", 0755);
	write_program("vif-bigdisk", 0755);
	write_program("image", 0600);
	xlconf = (struct bd_xlconf){ .run_hotplug_scripts = true };
	err = (struct bd_error)BD_ERROR_INIT;
	libxl_domain_config_init(&config);
	libxl_domain_create_info_init(&config.c_info);
	config.c_info.type = LIBXL_DOMAIN_TYPE_PV;
	return 0;
}

static int end(void **state)
{
	(void)state;
	bd_hotplug_choice_dispose(&choice);
	libxl_domain_config_dispose(&config);
	return 0;
}

static struct bd_toolstack_hotplug found(bool xens)
{
	struct bd_toolstack_hotplug hotplug;

	memset(&hotplug, 0x55, sizeof(hotplug));
	bd_hotplug_find(xens, &xlconf, &hotplug);
	return hotplug;
}

static libxl_device_disk *add_disk(const char *path)
{
	config.disks = realloc(config.disks, (size_t)(config.num_disks + 1) * sizeof(*config.disks));
	libxl_device_disk *disk = &config.disks[config.num_disks++];
	libxl_device_disk_init(disk);
	disk->pdev_path = strdup(path);
	disk->vdev = strdup("xvda");
	disk->format = LIBXL_DISK_FORMAT_RAW;
	disk->readwrite = 1;
	return disk;
}

static libxl_device_nic *add_nic(void)
{
	config.nics = realloc(config.nics, (size_t)(config.num_nics + 1) * sizeof(*config.nics));
	libxl_device_nic *nic = &config.nics[config.num_nics++];
	libxl_device_nic_init(nic);
	return nic;
}

static void choose_before(void)
{
	const struct bd_toolstack_hotplug hotplug = found(false);

	assert_int_equal(bd_hotplug_before_create(&hotplug, &config, &choice, &err), 0);
}

/* ---- which there are */

static void ours_are_taken_where_they_are_installed_beside_xens(void **state)
{
	(void)state;
	struct bd_toolstack_hotplug hotplug = found(false);
	assert_int_equal(hotplug.struct_size, sizeof(hotplug));
	assert_string_equal(hotplug.disk, ours_block);
	assert_string_equal(hotplug.nic, ours_vif);
	assert_string_equal(hotplug.why_xens_disk, "");
	assert_string_equal(hotplug.why_xens_nic, "");
}

static void each_is_xens_where_ours_cannot_be_run(void **state)
{
	char text[256];

	(void)state;
	remove_program("block-bigdisk");
	write_program("vif-bigdisk", 0644);
	struct bd_toolstack_hotplug hotplug = found(false);
	snprintf(text, sizeof(text), "%s/block", folder);
	assert_string_equal(hotplug.disk, text);
	snprintf(text, sizeof(text), "%s is not installed, or may not be executed", ours_block);
	assert_string_equal(hotplug.why_xens_disk, text);
	snprintf(text, sizeof(text), "%s/vif-bridge", folder);
	assert_string_equal(hotplug.nic, text);
	snprintf(text, sizeof(text), "%s is not installed, or may not be executed", ours_vif);
	assert_string_equal(hotplug.why_xens_nic, text);
}

static void without_xens_beside_them_ours_are_not_taken(void **state)
{
	char text[256];

	(void)state;
	remove_program("vif-bridge");
	struct bd_toolstack_hotplug hotplug = found(false);
	assert_string_equal(hotplug.why_xens_disk, "");
	snprintf(text, sizeof(text), "%s/vif-bridge is not there, or may not be executed", folder);
	assert_string_equal(hotplug.why_xens_nic, text);
}

static void the_host_may_want_xens(void **state)
{
	(void)state;
	struct bd_toolstack_hotplug hotplug = found(true);
	assert_string_equal(hotplug.why_xens_disk, "\"hotplug\" of the host's defaults is \"xen\"");
	assert_string_equal(hotplug.why_xens_nic, hotplug.why_xens_disk);
	xlconf.run_hotplug_scripts = false;
	hotplug = found(false);
	assert_string_equal(hotplug.why_xens_disk, "run_hotplug_scripts=0 in xl.conf leaves scripts to udev");
}

static void xl_conf_may_name_another_script_for_interfaces(void **state)
{
	(void)state;
	xlconf.vif_script = (char *)(uintptr_t) "vif-route";
	struct bd_toolstack_hotplug hotplug = found(false);
	assert_string_equal(hotplug.nic, "vif-route");
	assert_string_equal(hotplug.why_xens_nic, "vif.default.script of xl.conf names it");
	assert_string_equal(hotplug.disk, ours_block);
	hotplug = found(true);
	assert_string_equal(hotplug.why_xens_nic, "\"hotplug\" of the host's defaults is \"xen\"");
}

static void an_older_program_says_nothing_of_it(void **state)
{
	struct bd_toolstack_host host = { .struct_size = sizeof(host), .xens_hotplug = 1 };

	(void)state;
	assert_true(bd_hotplug_wants_xens(&host));
	host.struct_size = offsetof(struct bd_toolstack_host, xens_hotplug);
	assert_false(bd_hotplug_wants_xens(&host));
}

/* ---- what they are put into */

static void a_raw_file_or_device_of_dom0_gets_ours(void **state)
{
	(void)state;
	add_disk(image);
	add_disk(image)->backend = LIBXL_DISK_BACKEND_PHY;
	add_disk(image)->readwrite = 0;
	add_disk(image)->is_cdrom = 1; /* to a PV guest, a disk as any other */
	add_nic();
	choose_before();
	for (int i = 0; i < config.num_disks; i++)
		assert_string_equal(config.disks[i].script, ours_block);
	assert_string_equal(config.nics[0].script, ours_vif);
}

static void what_libxl_would_not_serve_by_block_stays(void **state)
{
	(void)state;
	add_disk(image)->script = strdup("block-iscsi");
	add_disk(image)->format = LIBXL_DISK_FORMAT_QCOW2; /* qdisk */
	add_disk(image)->backend = LIBXL_DISK_BACKEND_QDISK;
	add_disk(image)->backend = LIBXL_DISK_BACKEND_TAP;
	add_disk(image)->backend_domname = strdup("storage");
	add_disk(image)->backend_domid = 3;
	libxl_defbool_set(&add_disk(image)->colo_enable, true);
	add_disk("/nonexistent/image"); /* libxl says so, and does not with a script */
	add_disk("/dev/null");
	add_disk(folder);
	libxl_device_disk *empty = add_disk("");
	empty->is_cdrom = 1;
	empty->format = LIBXL_DISK_FORMAT_EMPTY;
#ifdef LIBXL_HAVE_DEVICE_DISK_SPECIFICATION
	add_disk(image)->specification = LIBXL_DISK_SPECIFICATION_VIRTIO;
#endif
	libxl_device_disk *last = add_disk(image);
	free(last->pdev_path);
	last->pdev_path = NULL;
	choose_before();
	assert_string_equal(config.disks[0].script, "block-iscsi");
	for (int i = 1; i < config.num_disks; i++)
		assert_null(config.disks[i].script);
}

static void the_cd_drive_of_an_hvm_guest_stays_the_device_models(void **state)
{
	(void)state;
	config.c_info.type = LIBXL_DOMAIN_TYPE_HVM;
	add_disk(image);
	add_disk(image)->is_cdrom = 1;
	choose_before();
	assert_string_equal(config.disks[0].script, ours_block);
	assert_null(config.disks[1].script);
}

static void an_interface_with_a_script_or_a_backend_of_its_own_stays(void **state)
{
	(void)state;
	add_nic()->script = strdup("vif-route");
	add_nic()->backend_domname = strdup("net");
	add_nic()->backend_domid = 4;
	choose_before();
	assert_string_equal(config.nics[0].script, "vif-route");
	assert_null(config.nics[1].script);
	assert_null(config.nics[2].script);
}

static void xens_are_not_put_anywhere(void **state)
{
	(void)state;
	remove_program("block-bigdisk");
	add_disk(image);
	add_nic();
	choose_before();
	assert_null(config.disks[0].script);
	assert_string_equal(config.nics[0].script, ours_vif);
}

/* With a script, libxl would attach the boot loader's disk to dom0 first. */
static void a_boot_loader_of_libxl_sees_its_disk_without_them(void **state)
{
	const struct bd_toolstack_hotplug hotplug = found(false);

	(void)state;
	config.b_info.bootloader = strdup("pygrub");
	add_disk(image);
	add_nic();
	choose_before();
	assert_null(config.disks[0].script);
	assert_string_equal(config.nics[0].script, ours_vif); /* in which libxl puts Xen's at once */
	assert_int_equal(bd_hotplug_during_create(&hotplug, &config, &choice, &err), 0);
	assert_string_equal(config.disks[0].script, ours_block);
	bd_hotplug_take_out(&choice, &config);
	assert_null(config.disks[0].script);
	assert_null(config.nics[0].script);
}

static void hvm_guests_have_no_boot_loader_of_libxl(void **state)
{
	const struct bd_toolstack_hotplug hotplug = found(false);

	(void)state;
	config.c_info.type = LIBXL_DOMAIN_TYPE_HVM;
	config.b_info.bootloader = strdup("pygrub");
	add_disk(image);
	choose_before();
	assert_string_equal(config.disks[0].script, ours_block);
	/* And this is then done. */
	assert_int_equal(bd_hotplug_during_create(&hotplug, &config, &choice, &err), 0);
	assert_int_equal(choice.disk_count, 1);
}

/* ---- and what is taken out again */

static void what_was_put_in_is_taken_out_and_nothing_else(void **state)
{
	(void)state;
	add_disk(image)->script = strdup(ours_block); /* the config's own */
	add_disk(image);
	add_nic();
	add_nic()->script = strdup(ours_vif);
	choose_before();
	assert_string_equal(config.disks[1].script, ours_block);
	bd_hotplug_take_out(&choice, &config);
	assert_string_equal(config.disks[0].script, ours_block);
	assert_null(config.disks[1].script);
	assert_null(config.nics[0].script);
	assert_string_equal(config.nics[1].script, ours_vif);
}

static void nothing_is_rewritten_where_nothing_was_put_in(void **state)
{
	(void)state;
	add_disk(image)->script = strdup("block-iscsi");
	choose_before();
	/* Without a libxl to ask. */
	assert_int_equal(bd_hotplug_after_create(NULL, 7, &choice, &err), 0);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(image, sizeof(image), "%s/image", folder);
	snprintf(ours_block, sizeof(ours_block), "%s/block-bigdisk", folder);
	snprintf(ours_vif, sizeof(ours_vif), "%s/vif-bigdisk", folder);
	return setenv("XEN_BIGDISK_SCRIPTS", folder, 1);
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "block", "block-bigdisk", "vif-bridge", "vif-bigdisk", "image" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove_program(names[i]);
	return rmdir(folder);
}

#define FACT(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(ours_are_taken_where_they_are_installed_beside_xens),
		FACT(each_is_xens_where_ours_cannot_be_run),
		FACT(without_xens_beside_them_ours_are_not_taken),
		FACT(the_host_may_want_xens),
		FACT(xl_conf_may_name_another_script_for_interfaces),
		FACT(an_older_program_says_nothing_of_it),
		FACT(a_raw_file_or_device_of_dom0_gets_ours),
		FACT(what_libxl_would_not_serve_by_block_stays),
		FACT(the_cd_drive_of_an_hvm_guest_stays_the_device_models),
		FACT(an_interface_with_a_script_or_a_backend_of_its_own_stays),
		FACT(xens_are_not_put_anywhere),
		FACT(a_boot_loader_of_libxl_sees_its_disk_without_them),
		FACT(hvm_guests_have_no_boot_loader_of_libxl),
		FACT(what_was_put_in_is_taken_out_and_nothing_else),
		FACT(nothing_is_rewritten_where_nothing_was_put_in),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
