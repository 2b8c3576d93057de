/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the templates "mini" and "none", on a kernel that is made up and this machine's busybox. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "ops/template/open.h"
#include "recipes/busybox.h"
#include "recipes/initramfs.h"
#include "recipes/mini.h"
#include "test_template_fixture.h"

static struct bd_error err;
static struct bd_mini_root root;
static struct bd_mini_parts parts;

static void make_kernel(const char *dependencies)
{
	static const char *const plain[] = { "fs/jbd2", "d/xen-blkfront", "d/virtio_ring", "d/virtio_blk",
					     "n/xen-netfront" };
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		char name[256];
		snprintf(name, sizeof(name), "modules/kernel/%s.ko", plain[i]);
		write_text(name, plain[i]);
	}
	write_compressed("modules/kernel/fs/ext4.ko.xz", "xz", "the ext4 module", 15);
	write_text("modules/modules.dep", dependencies);
	write_text("modules/modules.builtin", "kernel/d/virtio_pci.ko\n");
	write_text("vmlinuz", "the kernel");
	snprintf(parts.kernel.version, sizeof(parts.kernel.version), "6.9.0-1");
	snprintf(parts.kernel.image_path, sizeof(parts.kernel.image_path), "%s", at("vmlinuz"));
	snprintf(parts.kernel.modules_path, sizeof(parts.kernel.modules_path), "%s", at("modules"));
}

static const char good_index[] = "kernel/fs/jbd2.ko:\n"
				 "kernel/fs/ext4.ko.xz: kernel/fs/jbd2.ko\n"
				 "kernel/d/xen-blkfront.ko:\n"
				 "kernel/d/virtio_ring.ko:\n"
				 "kernel/d/virtio_blk.ko: kernel/d/virtio_ring.ko\n"
				 "kernel/n/xen-netfront.ko:\n";

static int set_up(void **state)
{
	root = (struct bd_mini_root){ 0 };
	return make_scratch(state);
}

static int tear_down(void **state)
{
	bd_mini_root_dispose(&root);
	bd_mini_root_dispose(&root);
	return remove_scratch(state);
}

static void build(void)
{
	make_kernel(good_index);
	if (bd_busybox_find(parts.busybox_path, sizeof(parts.busybox_path), &err) != 0 ||
	    bd_mini_build_from(&parts, &root, &err) != 0)
		fail_msg("%s", err.message);
}

static const struct bd_node *node(const char *path)
{
	const struct bd_node *found = bd_tree_find(&root.tree, path);
	if (!found)
		fail_msg("%s is not in the tree", path);
	return found;
}

static void assert_text(const char *path, const char *expected)
{
	const struct bd_node *found = node(path);
	assert_int_equal(found->size_bytes, strlen(expected));
	assert_memory_equal(found->data, expected, found->size_bytes);
}

static void mini_has_a_kernel_and_an_initramfs(void **state)
{
	(void)state;
	build();
	assert_string_equal(root.kernel_path, "/boot/vmlinuz-6.9.0-1");
	assert_string_equal(root.initramfs_path, "/boot/initrd.img-6.9.0-1");
	assert_string_equal(node(root.kernel_path)->host_path, at("vmlinuz"));
	assert_memory_equal(node(root.initramfs_path)->data, "070701", 6);
}

static void mini_has_what_init_runs(void **state)
{
	(void)state;
	static const char *const programs[] = { "/etc/init.d/rcS",
						"/etc/init.d/rcK",
						"/etc/init.d/console",
						"/etc/init.d/network",
						"/etc/init.d/shell",
						"/usr/sbin/xenstore-put",
						"/etc/udhcpc/default.script",
						"/etc/network/if-up.d/announce-address" };
	build();
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		assert_int_equal(node(programs[i])->mode, S_IFREG | 0755);
		assert_memory_equal(node(programs[i])->data, "#!/bin/sh\n", 10);
	}
	assert_int_equal(node("/etc/inittab")->mode, S_IFREG | 0644);
	assert_int_equal(node("/etc/shadow")->mode, S_IFREG | 0600);
	assert_int_equal(node("/tmp")->mode, S_IFDIR | 01777);
	assert_int_equal(node("/root")->mode, S_IFDIR | 0700);
	assert_text("/var/run", "/run");
}

/* The kernel answers control/shutdown by running these two. */
static void mini_has_the_programs_that_xl_shutdown_ends_in(void **state)
{
	(void)state;
	build();
	assert_text("/sbin/init", "/bin/busybox");
	assert_text("/sbin/poweroff", "/bin/busybox");
	assert_text("/sbin/reboot", "/bin/busybox");
	assert_int_equal(node("/bin/busybox")->mode, S_IFREG | 0755);
	assert_null(bd_tree_find(&root.tree, "/usr/bin/dpkg"));
}

static void mini_leaves_identity_and_grub_to_others(void **state)
{
	(void)state;
	static const char *const theirs[] = {
		"/etc/hostname",	   "/etc/hosts", "/etc/fstab", "/etc/machine-id",
		"/etc/network/interfaces", "/boot/grub"
	};
	build();
	for (size_t i = 0; i < sizeof(theirs) / sizeof(*theirs); i++)
		assert_null(bd_tree_find(&root.tree, theirs[i]));
	node("/etc/network");
	node("/boot");
}

static void mini_has_the_modules_that_it_uses_uncompressed(void **state)
{
	(void)state;
	build();
	assert_text("/lib/modules/6.9.0-1/kernel/fs/ext4.ko", "the ext4 module");
	assert_text("/lib/modules/6.9.0-1/kernel/n/xen-netfront.ko", "n/xen-netfront");
	assert_text("/lib/modules/6.9.0-1/modules.dep", "kernel/fs/jbd2.ko:\n"
							"kernel/fs/ext4.ko: kernel/fs/jbd2.ko\n"
							"kernel/d/xen-blkfront.ko:\n"
							"kernel/d/virtio_ring.ko:\n"
							"kernel/d/virtio_blk.ko: kernel/d/virtio_ring.ko\n"
							"kernel/n/xen-netfront.ko:\n");
}

/* What busybox' cpio, another implementation, makes of the file SCRATCH/cpio. */
static void run_cpio(const char *command, char *output, size_t size)
{
	char script[512];
	snprintf(script, sizeof(script), "busybox cpio %s", command);
	const char *argv[] = { "sh", "-c", script, NULL };
	struct bd_run run = { .argv = argv, .directory = scratch, .output = output, .output_size = size };
	if (bd_run(&run, &err) != 0)
		fail_msg("%s", err.message);
}

static const char list_all[] = "-t <cpio 2>/dev/null";

static void the_initramfs_loads_the_disk_and_filesystem_in_order(void **state)
{
	(void)state;
	char output[8192];
	build();
	const struct bd_node *initramfs = node(root.initramfs_path);
	write_bytes("cpio", initramfs->data, initramfs->size_bytes, 0644);
	run_cpio(list_all, output, sizeof(output));
	assert_non_null(strstr(output, "\ninit\n"));
	assert_non_null(strstr(output, "\nbin/busybox\n"));
	assert_non_null(strstr(output, "\nbin/switch_root\n"));
	assert_non_null(strstr(output, "\nmodules/ext4.ko\n"));
	assert_null(strstr(output, "xen-netfront"));
	run_cpio("-id modules/order <cpio 2>/dev/null && cat modules/order", output, sizeof(output));
	assert_string_equal(output, "jbd2.ko\next4.ko\nxen-blkfront.ko\nvirtio_ring.ko\nvirtio_blk.ko\n");
}

static void a_kernel_that_cannot_mount_the_root_under_xen_is_refused(void **state)
{
	(void)state;
	make_kernel("kernel/fs/jbd2.ko:\nkernel/fs/ext4.ko.xz: kernel/fs/jbd2.ko\n");
	assert_int_equal(bd_busybox_find(parts.busybox_path, sizeof(parts.busybox_path), &err), 0);
	assert_int_equal(bd_mini_build_from(&parts, &root, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.message, "xen-blkfront"));
	assert_null(root.kernel_path);
}

static void a_busybox_that_needs_libraries_is_refused(void **state)
{
	(void)state;
	assert_int_equal(bd_busybox_check_static("/bin/sh", &err), -1);
	assert_int_equal(err.code, ENOEXEC);
	assert_non_null(strstr(err.message, "busybox-static"));
	assert_int_equal(bd_busybox_check_static(write_script("busybox", "#!/bin/sh\n"), &err), -1);
	assert_int_equal(err.code, ENOEXEC);
	assert_int_equal(bd_busybox_check_static(at("gone"), &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void a_missing_busybox_is_said_with_its_package(void **state)
{
	(void)state;
	char path[4096], before[8192];
	/* The sbin folders are always searched; they have no busybox on Debian. */
	snprintf(before, sizeof(before), "%s", getenv("PATH"));
	setenv("PATH", scratch, 1);
	int r = bd_busybox_find(path, sizeof(path), &err);
	setenv("PATH", before, 1);
	if (r == 0)
		skip();
	assert_int_equal(err.code, ENOPKG);
	assert_non_null(strstr(err.message, "install busybox-static"));
}

static void an_initramfs_has_what_the_tree_has(void **state)
{
	(void)state;
	struct bd_tree tree = { 0 };
	void *data, *again;
	size_t size, size_again;
	char output[4096];
	assert_int_equal(bd_tree_add_dir(&tree, "/bin", 0755, &err), 0);
	assert_int_equal(bd_tree_add_host_file(&tree, "/bin/one", 0755, write_text("host", "from the host"), &err),
			 0);
	assert_int_equal(bd_tree_add_symlink(&tree, "/bin/two", "one", &err), 0);
	assert_int_equal(bd_tree_add_text(&tree, "/empty", 0644, "", &err), 0);
	assert_int_equal(bd_initramfs_encode(&tree, &data, &size, &err), 0);
	assert_int_equal(bd_initramfs_encode(&tree, &again, &size_again, &err), 0);
	assert_int_equal(size, size_again);
	assert_memory_equal(data, again, size);
	write_bytes("cpio", data, size, 0644);
	run_cpio(list_all, output, sizeof(output));
	assert_string_equal(output, "bin\nbin/one\nbin/two\nempty\n");
	run_cpio("-id bin/one <cpio 2>/dev/null && cat bin/one", output, sizeof(output));
	assert_string_equal(output, "from the host");
	free(data);
	free(again);

	unlink(at("host"));
	assert_int_equal(bd_initramfs_encode(&tree, &data, &size, &err), -1);
	assert_int_equal(err.code, ENOENT);
	bd_tree_dispose(&tree);
}

static void none_is_empty_and_has_no_kernel(void **state)
{
	(void)state;
	BD_DISPOSE(bd_template_dispose) struct bd_template template;

	bd_template_init(&template);
	assert_int_equal(bd_template_open("none", NULL, &template, &err), 0);
	assert_string_equal(template.name, "none");
	assert_int_equal(template.tree.count, 0);
	assert_null(template.kernel_path);
	assert_null(template.initramfs_path);
}

static void an_unknown_template_is_said_with_those_that_there_are(void **state)
{
	(void)state;
	BD_DISPOSE(bd_template_dispose) struct bd_template template;

	bd_template_init(&template);
	assert_int_equal(bd_template_open("nome", "store", &template, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.message, "'nome'"));
	assert_non_null(strstr(err.message, "none, mini"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mini_has_a_kernel_and_an_initramfs),
		TEST(mini_has_what_init_runs),
		TEST(mini_has_the_programs_that_xl_shutdown_ends_in),
		TEST(mini_leaves_identity_and_grub_to_others),
		TEST(mini_has_the_modules_that_it_uses_uncompressed),
		TEST(the_initramfs_loads_the_disk_and_filesystem_in_order),
		TEST(a_kernel_that_cannot_mount_the_root_under_xen_is_refused),
		TEST(a_busybox_that_needs_libraries_is_refused),
		TEST(a_missing_busybox_is_said_with_its_package),
		TEST(an_initramfs_has_what_the_tree_has),
		TEST(none_is_empty_and_has_no_kernel),
		TEST(an_unknown_template_is_said_with_those_that_there_are),
	};
	return cmocka_run_group_tests_name("mini", tests, NULL, NULL);
}
