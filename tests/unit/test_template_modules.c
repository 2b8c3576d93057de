/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about recipes/modules.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "recipes/modules.h"
#include "test_template_fixture.h"

static struct bd_error err;
static struct bd_module_index modules;
static struct bd_module_list list;

static int set_up(void **state)
{
	modules = (struct bd_module_index){ 0 };
	list = (struct bd_module_list){ 0 };
	return make_scratch(state);
}

static int tear_down(void **state)
{
	bd_module_list_dispose(&list);
	bd_module_index_dispose(&modules);
	bd_module_list_dispose(&list);
	bd_module_index_dispose(&modules);
	return remove_scratch(state);
}

static void open_index(const char *dependencies, const char *builtin)
{
	write_text("modules.dep", dependencies);
	if (builtin)
		write_text("modules.builtin", builtin);
	assert_int_equal(bd_module_index_open(scratch, &modules, &err), 0);
}

static enum bd_module_state add(const char *name)
{
	enum bd_module_state state;
	assert_int_equal(bd_module_list_add(&list, &modules, name, &state, &err), 0);
	return state;
}

static void assert_order(const char *const *paths)
{
	for (size_t i = 0; paths[i]; i++) {
		assert_true(i < list.count);
		assert_string_equal(list.modules[i]->path, paths[i]);
		assert_true(!paths[i + 1] || i + 1 < list.count);
	}
}

#define ORDER(...) assert_order((const char *const[]){ __VA_ARGS__, NULL })

static void what_a_module_needs_comes_first_by_kmods_index(void **state)
{
	(void)state;
	/* kmod writes the closure with what loads first at the end. */
	open_index(
		"fs/ext4.ko: fs/mbcache.ko fs/jbd2.ko lib/crc16.ko\nfs/jbd2.ko: lib/crc16.ko\nfs/mbcache.ko:\nlib/crc16.ko:\n",
		NULL);
	assert_int_equal(add("ext4"), BD_MODULE_LOADABLE);
	ORDER("fs/mbcache.ko", "lib/crc16.ko", "fs/jbd2.ko", "fs/ext4.ko");
	assert_int_equal(list.count, 4);
}

static void what_a_module_needs_comes_first_by_busybox_index(void **state)
{
	(void)state;
	/* busybox writes the closure in any order: here virtio.ko before the ring that it needs. */
	open_index(
		"d/virtio_blk.ko: d/virtio.ko d/virtio_ring.ko\nd/virtio.ko: d/virtio_ring.ko\nd/virtio_ring.ko:\n",
		NULL);
	assert_int_equal(add("virtio_blk"), BD_MODULE_LOADABLE);
	ORDER("d/virtio_ring.ko", "d/virtio.ko", "d/virtio_blk.ko");
}

static void a_module_is_listed_once(void **state)
{
	(void)state;
	open_index("a.ko: c.ko\nb.ko: c.ko\nc.ko:\n", NULL);
	add("a");
	add("b");
	add("a");
	ORDER("c.ko", "a.ko", "b.ko");
	assert_int_equal(list.count, 3);
}

static void dashes_and_underscores_are_the_same_in_names(void **state)
{
	(void)state;
	open_index("d/xen-blkfront.ko.xz:\nd/virtio_net.ko:\n", NULL);
	assert_int_equal(add("xen_blkfront"), BD_MODULE_LOADABLE);
	assert_int_equal(add("virtio-net"), BD_MODULE_LOADABLE);
	assert_int_equal(list.count, 2);
}

static void a_name_is_not_found_in_a_longer_one(void **state)
{
	(void)state;
	open_index("d/ext4_more.ko:\nd/my-ext4.ko:\nd/ext.ko:\next4.ko/other.ko:\n", "kernel/fs/ext44.ko\n");
	assert_int_equal(add("ext4"), BD_MODULE_ABSENT);
	assert_int_equal(list.count, 0);
}

static void a_builtin_module_needs_no_loading(void **state)
{
	(void)state;
	open_index("d/other.ko:\n",
		   "kernel/fs/first.ko\nkernel/drivers/block/xen-blkfront.ko\nkernel/fs/ext4/ext4.ko");
	assert_int_equal(add("xen_blkfront"), BD_MODULE_BUILTIN);
	assert_int_equal(add("ext4"), BD_MODULE_BUILTIN);
	assert_int_equal(list.count, 0);
}

static void an_index_that_goes_round_in_a_circle_is_refused(void **state)
{
	(void)state;
	enum bd_module_state found;
	open_index("a.ko: b.ko\nb.ko: a.ko\n", NULL);
	assert_int_equal(bd_module_list_add(&list, &modules, "a", &found, &err), -1);
	assert_int_equal(err.code, ELOOP);
}

static void an_index_with_a_need_that_is_missing_is_refused(void **state)
{
	(void)state;
	enum bd_module_state found;
	open_index("a.ko: gone.ko\n", NULL);
	assert_int_equal(bd_module_list_add(&list, &modules, "a", &found, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_non_null(strstr(err.message, "gone.ko"));
}

static void a_folder_without_an_index_is_refused(void **state)
{
	(void)state;
	assert_int_equal(bd_module_index_open(scratch, &modules, &err), -1);
	assert_int_equal(err.code, ENOENT);
	write_text("modules.dep", "no colon here\n");
	assert_int_equal(bd_module_index_open(scratch, &modules, &err), -1);
	assert_int_equal(err.code, EINVAL);
}

static void modules_are_read_in_every_compression(void **state)
{
	(void)state;
	static char content[300000];
	static const char *const names[] = { "plain", "xz", "zstd", "gzip" };
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (char)(i * i >> 7);
	write_bytes("plain.ko", content, sizeof(content), 0644);
	write_compressed("xz.ko.xz", "xz", content, sizeof(content));
	write_compressed("zstd.ko.zst", "zstd", content, sizeof(content));
	write_compressed("gzip.ko.gz", "gzip", content, sizeof(content));
	open_index("plain.ko:\nxz.ko.xz:\nzstd.ko.zst:\ngzip.ko.gz:\n", NULL);

	for (size_t i = 0; i < 4; i++) {
		void *data;
		size_t size;
		assert_int_equal(add(names[i]), BD_MODULE_LOADABLE);
		assert_int_equal(bd_module_read(&modules, list.modules[i], &data, &size, &err), 0);
		assert_int_equal(size, sizeof(content));
		assert_memory_equal(data, content, size);
		free(data);
	}
}

static void a_damaged_module_is_an_error(void **state)
{
	(void)state;
	void *data;
	size_t size;
	static const char damaged[] = "\xfd"
				      "7zXZ\0 and then nothing good";
	write_bytes("a.ko.xz", damaged, sizeof(damaged), 0644);
	open_index("a.ko.xz:\ngone.ko:\n", NULL);
	add("a");
	add("gone");
	assert_int_equal(bd_module_read(&modules, list.modules[0], &data, &size, &err), -1);
	assert_int_equal(err.code, EIO);
	assert_int_equal(bd_module_read(&modules, list.modules[1], &data, &size, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void the_plain_name_has_no_compression(void **state)
{
	(void)state;
	assert_int_equal(bd_module_plain_length("ext4.ko.xz"), 7);
	assert_int_equal(bd_module_plain_length("ext4.ko.zst"), 7);
	assert_int_equal(bd_module_plain_length("ext4.ko.gz"), 7);
	assert_int_equal(bd_module_plain_length("ext4.ko"), 7);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_module_needs_comes_first_by_kmods_index),
		TEST(what_a_module_needs_comes_first_by_busybox_index),
		TEST(a_module_is_listed_once),
		TEST(dashes_and_underscores_are_the_same_in_names),
		TEST(a_name_is_not_found_in_a_longer_one),
		TEST(a_builtin_module_needs_no_loading),
		TEST(an_index_that_goes_round_in_a_circle_is_refused),
		TEST(an_index_with_a_need_that_is_missing_is_refused),
		TEST(a_folder_without_an_index_is_refused),
		TEST(modules_are_read_in_every_compression),
		TEST(a_damaged_module_is_an_error),
		TEST(the_plain_name_has_no_compression),
	};
	return cmocka_run_group_tests_name("modules", tests, NULL, NULL);
}
