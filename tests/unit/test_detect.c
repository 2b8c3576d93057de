/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about rootfs/detect.h: which system is found in which files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "rootfs/detect.h"
#include "template/writer/writer.h"
#include "test_template_fixture.h"

static struct bd_error err;

struct file {
	const char *path;
	const char *content; /* NULL: a directory; "->target": a symlink */
};

static void add(struct bd_sealed_writer *writer, const struct file *file)
{
	struct bd_file_meta meta = { .mode = S_IFREG | 0644 };
	bool link = file->content && strncmp(file->content, "->", 2) == 0;

	if (!file->content)
		meta.mode = S_IFDIR | 0755;
	else if (link)
		meta.mode = S_IFLNK | 0777;
	else
		meta.size_bytes = strlen(file->content);
	meta.target = link ? file->content + 2 : NULL;
	assert_int_equal(bd_sealed_writer_add(writer, file->path, &meta, &err), 0);
	if (file->content && !link)
		assert_int_equal(bd_sealed_writer_data(writer, 0, file->content, strlen(file->content), &err), 0);
}

static int detect(const struct file *files, struct bd_system *system_out)
{
	BD_DISPOSE(bd_sealed_writer_free) struct bd_sealed_writer *writer = NULL;
	BD_DISPOSE(bd_sealed_dispose) struct bd_sealed sealed;
	struct bd_sealed_writer_totals totals;

	bd_sealed_init(&sealed);
	assert_int_equal(bd_sealed_writer_begin(scratch, 1 << 20, &writer, &err), 0);
	for (; files->path; files++)
		add(writer, files);
	assert_int_equal(bd_sealed_writer_finish(writer, &sealed, &totals, &err), 0);
	return bd_system_detect(&sealed, system_out, &err);
}

#define SYSTEM_OF(...) system_of((const struct file[]){ __VA_ARGS__, { NULL, NULL } })

static struct bd_system system_of(const struct file *files)
{
	struct bd_system system;

	memset(&system, 0xff, sizeof(system));
	if (detect(files, &system) != 0)
		fail_msg("%s", err.message);
	return system;
}

static void nothing_is_found_in_an_empty_root(void **state)
{
	(void)state;
	struct bd_system system = SYSTEM_OF({ "etc", NULL });

	assert_string_equal(system.os_id, "");
	assert_string_equal(system.kernel_path, "");
	assert_string_equal(system.initramfs_path, "");
	assert_int_equal(system.network, BD_NETWORK_NONE);
	assert_false(system.systemd || system.sshd || system.cloud_init || system.unique_machine_id ||
		     system.own_grub_cfg);
}

static void the_distribution_is_that_of_os_release(void **state)
{
	(void)state;
	struct bd_system system =
		SYSTEM_OF({ "usr/lib/os-release", "# a comment\nID=debian\nVERSION_ID=\"12\"\nVERSION_ID_X=3\n"
						  "PRETTY_NAME='Debian \"GNU\"/Linux 12'\n" },
			  { "etc/os-release", "->../usr/lib/os-release" });

	assert_string_equal(system.os_id, "debian");
	assert_string_equal(system.os_version, "12");
	assert_string_equal(system.os_name, "Debian \"GNU\"/Linux 12");
	system = SYSTEM_OF({ "usr/lib/os-release", "ID=alpine\nPRETTY_NAME=\"a \\\"b\\\" \033[1m\"\n" });
	assert_string_equal(system.os_id, "alpine");
	assert_string_equal(system.os_name, "a \"b\" ?[1m");
}

static void the_kernel_is_the_newest_with_its_initramfs(void **state)
{
	(void)state;
	struct bd_system system =
		SYSTEM_OF({ "boot/vmlinuz-6.1.0-9-amd64", "k" }, { "boot/vmlinuz-6.1.0-13-amd64", "k" },
			  { "boot/initrd.img-6.1.0-9-amd64", "i" }, { "boot/initrd.img-6.1.0-13-amd64", "i" },
			  { "vmlinuz", "->boot/vmlinuz-6.1.0-9-amd64" });
	assert_string_equal(system.kernel_path, "/boot/vmlinuz-6.1.0-13-amd64");
	assert_string_equal(system.initramfs_path, "/boot/initrd.img-6.1.0-13-amd64");

	/* Fedora: the rescue kernel is the oldest. */
	system = SYSTEM_OF({ "boot/vmlinuz-0-rescue-abc", "k" }, { "boot/vmlinuz-6.5.6-300.fc39.x86_64", "k" },
			   { "boot/initramfs-6.5.6-300.fc39.x86_64.img", "i" });
	assert_string_equal(system.kernel_path, "/boot/vmlinuz-6.5.6-300.fc39.x86_64");
	assert_string_equal(system.initramfs_path, "/boot/initramfs-6.5.6-300.fc39.x86_64.img");

	/* Alpine */
	system = SYSTEM_OF({ "boot/vmlinuz-virt", "k" }, { "boot/initramfs-virt", "i" });
	assert_string_equal(system.kernel_path, "/boot/vmlinuz-virt");
	assert_string_equal(system.initramfs_path, "/boot/initramfs-virt");

	system = SYSTEM_OF({ "vmlinuz", "->boot/linux" }, { "boot/linux", "k" }, { "initrd.img", "->gone" });
	assert_string_equal(system.kernel_path, "/vmlinuz");
	assert_string_equal(system.initramfs_path, "");
}

static void what_cannot_be_a_kernel_is_passed_over(void **state)
{
	(void)state;
	struct bd_system system = SYSTEM_OF({ "boot/vmlinuz-9 \"; reboot", "k" }, { "boot/vmlinuz-8", NULL },
					    { "boot/vmlinuz-7", "" }, { "boot/vmlinuz-6", "->nowhere" },
					    { "boot/vmlinuz-5", "->vmlinuz-5" }, { "boot/vmlinuz-4", "k" });

	assert_string_equal(system.kernel_path, "/boot/vmlinuz-4");
	assert_string_equal(system.initramfs_path, "");
}

static void what_package_managers_keep_is_no_kernel(void **state)
{
	static const char *const left[] = { "9.old",   "9~",	    "9.bak",	  "9.dpkg-old", "9.dpkg-tmp", "9.dpkg-new",
					    "9.rpmnew", "9.rpmsave", "9.rpmorig", "9.hmac",	"9.sig" };
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++) {
		snprintf(path, sizeof(path), "boot/vmlinuz-%s", left[i]);
		struct bd_system system = SYSTEM_OF({ path, "k" }, { "boot/initrd.img-9.old", "i" },
						    { "boot/vmlinuz-1", "k" });
		assert_string_equal(system.kernel_path, "/boot/vmlinuz-1");
	}
}

static void a_release_candidate_is_older_than_its_release(void **state)
{
	(void)state;
	struct bd_system system = SYSTEM_OF({ "boot/vmlinuz-6.8.0", "k" }, { "boot/vmlinuz-6.8.0-rc7", "k" });
	assert_string_equal(system.kernel_path, "/boot/vmlinuz-6.8.0");
	system = SYSTEM_OF({ "boot/vmlinuz-6.8", "k" }, { "boot/vmlinuz-6.9-rc1", "k" });
	assert_string_equal(system.kernel_path, "/boot/vmlinuz-6.9-rc1");
	system = SYSTEM_OF({ "boot/vmlinuz-6.8-1-amd64", "k" }, { "boot/vmlinuz-6.8-rc2-amd64", "k" });
	assert_string_equal(system.kernel_path, "/boot/vmlinuz-6.8-1-amd64");
}

static void a_kernel_with_an_initramfs_comes_before_a_newer_one_without(void **state)
{
	(void)state;
	struct bd_system system = SYSTEM_OF({ "boot/vmlinuz-6.8", "k" }, { "boot/vmlinuz-6.1", "k" },
					    { "boot/initrd.img-6.1", "i" }, { "boot/vmlinuz-5", "k" },
					    { "boot/initrd.img-5", "i" });
	assert_string_equal(system.kernel_path, "/boot/vmlinuz-6.1");
	assert_string_equal(system.initramfs_path, "/boot/initrd.img-6.1");
}

static void kernels_of_other_names_and_folders_are_known(void **state)
{
	static const struct {
		const char *kernel, *initramfs;
	} pairs[] = {
		{ "boot/kernel-6.6.21-gentoo-x86_64", "boot/initramfs-6.6.21-gentoo-x86_64.img" },
		{ "boot/kernel-genkernel-x86_64-6.6", "boot/initramfs-genkernel-x86_64-6.6" },
		{ "boot/bzImage-6.6", "boot/initrd-6.6" },
		{ "boot/0123456789abcdef0123456789abcdef/6.5.6-300.fc39.x86_64/linux",
		  "boot/0123456789abcdef0123456789abcdef/6.5.6-300.fc39.x86_64/initrd" },
		{ "boot/debian/6.1.0-9-amd64/linux", "boot/debian/6.1.0-9-amd64/initrd.img-6.1.0-9-amd64" },
		{ "usr/lib/modules/6.5.6-300.fc39.x86_64/vmlinuz", "usr/lib/modules/6.5.6-300.fc39.x86_64/initramfs.img" },
		{ "usr/lib/modules/6.5.6/vmlinuz", "boot/initramfs-6.5.6.img" },
		{ "boot/bzImage", "boot/initrd" },
		{ "boot/vmlinuz", "boot/initramfs" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct bd_system system = SYSTEM_OF({ pairs[i].kernel, "k" }, { pairs[i].initramfs, "i" });
		assert_string_equal(system.kernel_path + 1, pairs[i].kernel);
		assert_string_equal(system.initramfs_path + 1, pairs[i].initramfs);
	}
	/* The same kernel in both places: that of /boot. */
	struct bd_system system = SYSTEM_OF({ "usr/lib/modules/6.5/vmlinuz", "k" }, { "boot/vmlinuz-6.5", "k" },
					    { "boot/initramfs-6.5.img", "i" });
	assert_string_equal(system.kernel_path, "/boot/vmlinuz-6.5");
}

#define WANTS "etc/systemd/system/multi-user.target.wants/"

static void the_network_is_configured_through_what_is_enabled(void **state)
{
	(void)state;
	assert_int_equal(SYSTEM_OF({ "usr/sbin/ifup", "x" }).network, BD_NETWORK_IFUPDOWN);
	assert_int_equal(SYSTEM_OF({ "bin/busybox", "x" }, { "sbin/ifup", "->/bin/busybox" }).network,
			 BD_NETWORK_IFUPDOWN);
	/* Nothing is enabled: what is installed gets enabled in a guest, unless something else has the network. */
	assert_int_equal(SYSTEM_OF({ "usr/lib/systemd/systemd-networkd", "x" }).network, BD_NETWORK_NETWORKD);
	assert_int_equal(SYSTEM_OF({ "usr/lib/systemd/systemd-networkd", "x" }, { "usr/sbin/NetworkManager", "x" })
				 .network,
			 BD_NETWORK_MANAGER);
	assert_int_equal(SYSTEM_OF({ "usr/lib/systemd/systemd-networkd", "x" }, { WANTS "dhcpcd.service", "->/x" })
				 .network,
			 BD_NETWORK_NONE);
	assert_int_equal(SYSTEM_OF({ "usr/lib/systemd/systemd-networkd", "x" }, { "sbin/ifup", "x" }).network,
			 BD_NETWORK_IFUPDOWN);
	/* An enabled unit is a link to a file of the guest, wherever that leads here. */
	assert_int_equal(
		SYSTEM_OF({ "lib/systemd/systemd-networkd", "x" }, { "sbin/ifup", "x" },
			  { WANTS "systemd-networkd.service", "->/lib/systemd/system/systemd-networkd.service" })
			.network,
		BD_NETWORK_NETWORKD);
	assert_int_equal(SYSTEM_OF({ "lib/systemd/systemd-networkd", "x" },
				   { "etc/systemd/system/dbus-org.freedesktop.network1.service", "->/x" })
				 .network,
			 BD_NETWORK_NETWORKD);
	assert_int_equal(SYSTEM_OF({ "lib/systemd/systemd-networkd", "x" }, { "sbin/ifup", "x" },
				   { WANTS "networking.service", "->/x" })
				 .network,
			 BD_NETWORK_IFUPDOWN);
	assert_int_equal(SYSTEM_OF({ "usr/sbin/NetworkManager", "x" }, { "sbin/ifup", "x" },
				   { WANTS "networking.service", "->/x" }, { WANTS "NetworkManager.service", "->/x" })
				 .network,
			 BD_NETWORK_MANAGER);
	assert_int_equal(SYSTEM_OF({ "usr/sbin/NetworkManager", "x" }, { "sbin/ifup", "x" }).network,
			 BD_NETWORK_IFUPDOWN);
	/* What is enabled but not installed any more configures nothing. */
	assert_int_equal(SYSTEM_OF({ WANTS "NetworkManager.service", "->/x" }).network, BD_NETWORK_NONE);
}

static void netplan_stands_above_the_others(void **state)
{
	(void)state;
	assert_int_equal(SYSTEM_OF({ "usr/sbin/netplan", "x" }, { "sbin/ifup", "x" }).network, BD_NETWORK_NETPLAN);
	assert_int_equal(SYSTEM_OF({ "etc/netplan/01-all.yaml", "x" }).network, BD_NETWORK_NETPLAN);
	assert_int_equal(SYSTEM_OF({ "etc/netplan/README", "x" }).network, BD_NETWORK_NONE);
	assert_int_equal(SYSTEM_OF({ "etc/netplan/.yaml", "x" }).network, BD_NETWORK_NONE);
}

static void programs_are_found_through_merged_folders(void **state)
{
	(void)state;
	struct bd_system system = SYSTEM_OF({ "lib", "->usr/lib" }, { "usr/lib/systemd/systemd", "x" },
					    { "usr/sbin/sshd", "x" }, { "usr/bin/cloud-init", "->cloud-init" });

	assert_true(system.systemd && system.sshd);
	/* A link in a circle is nothing. */
	assert_false(system.cloud_init);
}

static void the_template_may_declare_it_itself(void **state)
{
	(void)state;
	struct bd_system system =
		SYSTEM_OF({ "sbin/ifup", "x" },
			  { "etc/xen-bigdisk/template.json",
			    "{\"network\": \"networkmanager\", \"machine_id\": \"unique\", \"grub_cfg\": \"own\"}" });

	assert_int_equal(system.network, BD_NETWORK_MANAGER);
	assert_true(system.unique_machine_id && system.own_grub_cfg);
	system = SYSTEM_OF({ "sbin/ifup", "x" }, { "etc/xen-bigdisk/template.json", "{}" });
	assert_int_equal(system.network, BD_NETWORK_IFUPDOWN);
	assert_false(system.unique_machine_id || system.own_grub_cfg);
}

static void a_wrong_declaration_is_an_error(void **state)
{
	static const char *const texts[] = { "",
					     "[]",
					     "{",
					     "{\"network\": \"wicked\"}",
					     "{\"network\": 1}",
					     "{\"machine_id\": true}",
					     "{\"grub_cfg\": \"\"}",
					     "{\"netwrok\": \"none\"}" };
	struct bd_system system;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const struct file files[] = { { "etc/xen-bigdisk/template.json", texts[i] }, { NULL, NULL } };
		assert_int_equal(detect(files, &system), -1);
		assert_int_equal(err.code, EINVAL);
		assert_non_null(strstr(err.message, "/etc/xen-bigdisk/template.json"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_in_an_empty_root),
		cmocka_unit_test(the_distribution_is_that_of_os_release),
		cmocka_unit_test(the_kernel_is_the_newest_with_its_initramfs),
		cmocka_unit_test(what_cannot_be_a_kernel_is_passed_over),
		cmocka_unit_test(what_package_managers_keep_is_no_kernel),
		cmocka_unit_test(a_release_candidate_is_older_than_its_release),
		cmocka_unit_test(a_kernel_with_an_initramfs_comes_before_a_newer_one_without),
		cmocka_unit_test(kernels_of_other_names_and_folders_are_known),
		cmocka_unit_test(the_network_is_configured_through_what_is_enabled),
		cmocka_unit_test(netplan_stands_above_the_others),
		cmocka_unit_test(programs_are_found_through_merged_folders),
		cmocka_unit_test(the_template_may_declare_it_itself),
		cmocka_unit_test(a_wrong_declaration_is_an_error),
	};

	return cmocka_run_group_tests_name("detect", tests, make_scratch, remove_scratch);
}
