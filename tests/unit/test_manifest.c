/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about template/manifest.h. That what it writes fits templates/manifest.schema.json is in tests/cli/template.bats. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/printable.h"
#include "base/cleanup.h"
#include "template/manifest.h"

static struct bd_error err;

static const struct bd_manifest example = {
	.version = 1, /* the form without a checksum, where one text in it can be replaced */
	.name = "debian-12",
	.created = "2025-01-31T12:00:00Z",
	.description = "a \"quoted\" line",
	.source_kind = "archive",
	.source_name = "root.tar.zst",
	.inodes = 11317,
	.directories = 1234,
	.content_bytes = 5000000000,
	.payload_bytes = 4999995392,
	.block_bytes = 4096,
	.tree = { 1197304, "b0e1434e2a4b4d310da7a72a3428246f527ef03f643b1b9daa1ab226531e7e7c" },
	.payload = { 4999995392, "0a4cfa5136d206f6a4a0db5651b0b57fd166fbd66c5b4a6918eaebc9331bd3d2" },
	.system = { .os_id = "debian",
		    .os_version = "12",
		    .os_name = "Debian GNU/Linux 12 (bookworm)",
		    .kernel_path = "/boot/vmlinuz-6.1.0-9-amd64",
		    .network = BD_NETWORK_NETPLAN,
		    .systemd = true,
		    .cloud_init = true,
		    .own_grub_cfg = true },
};

/* The caller frees. */
static char *text_of(const struct bd_manifest *manifest)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_new();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	bd_manifest_put_json(json, NULL, manifest);
	assert_int_equal(bd_json_print(json, out, &err), 0);
	fclose(out);
	return text;
}

/* The example with one text in it replaced. */
static int parse_with(const char *from, const char *to, struct bd_manifest *manifest_out)
{
	BD_FREE char *text = text_of(&example);
	char changed[8192];
	char *at = strstr(text, from);

	assert_non_null(at);
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return bd_manifest_parse("x/manifest.json", changed, strlen(changed), manifest_out, &err);
}

static void what_is_written_is_read_again(void **state)
{
	(void)state;
	BD_FREE char *text = text_of(&example);
	struct bd_manifest read;

	memset(&read, 0xff, sizeof(read));
	assert_int_equal(bd_manifest_parse("x", text, strlen(text), &read, &err), 0);
	assert_string_equal(read.name, example.name);
	assert_string_equal(read.created, example.created);
	assert_string_equal(read.description, example.description);
	assert_string_equal(read.source_kind, "archive");
	assert_string_equal(read.source_name, "root.tar.zst");
	assert_int_equal(read.inodes, example.inodes);
	assert_int_equal(read.directories, example.directories);
	assert_int_equal(read.content_bytes, example.content_bytes);
	assert_int_equal(read.payload_bytes, example.payload_bytes);
	assert_int_equal(read.block_bytes, 4096);
	assert_memory_equal(&read.tree, &example.tree, sizeof(read.tree));
	assert_memory_equal(&read.payload, &example.payload, sizeof(read.payload));
	assert_string_equal(read.system.os_name, example.system.os_name);
	assert_string_equal(read.system.kernel_path, example.system.kernel_path);
	assert_string_equal(read.system.initramfs_path, "");
	assert_int_equal(read.system.network, BD_NETWORK_NETPLAN);
	assert_true(read.system.systemd && read.system.cloud_init && read.system.own_grub_cfg);
	assert_false(read.system.sshd || read.system.unique_machine_id);
}

static void a_whole_disk_is_of_version_3_and_has_no_files(void **state)
{
	struct bd_manifest disk = { .kind = BD_TEMPLATE_DISK,
				    .name = "rocky",
				    .created = "2025-01-31T12:00:00Z",
				    .source_kind = "disk",
				    .source_name = "rocky.qcow2",
				    .payload_bytes = 1 << 20,
				    .block_bytes = 4096,
				    .tree = example.tree,
				    .payload = { .size_bytes = UINT64_C(10) << 30 },
				    .disk = { .size_bytes = UINT64_C(10) << 30,
					      .table = "gpt",
					      .content = "vfat, xfs",
					      .has_boot_code = true,
					      .has_efi_partition = true } };
	struct bd_manifest read;
	BD_FREE char *text = NULL;

	(void)state;
	assert_int_equal(bd_manifest_format(&disk, &text, &err), 0);
	assert_non_null(strstr(text, "\"version\": 3"));
	assert_null(strstr(text, "system"));
	assert_null(strstr(text, "inodes"));
	assert_int_equal(bd_manifest_parse("x", text, strlen(text), &read, &err), 0);
	assert_int_equal(read.kind, BD_TEMPLATE_DISK);
	assert_int_equal(read.payload_bytes, 1 << 20);
	assert_memory_equal(&read.tree, &disk.tree, sizeof(read.tree));
	assert_memory_equal(&read.disk, &disk.disk, sizeof(read.disk));
	assert_string_equal(read.payload.blake2b, "");
}

static void a_newer_version_is_named_as_such(void **state)
{
	(void)state;
	struct bd_manifest read;

	assert_int_equal(parse_with("\"version\": 1", "\"version\": 4", &read), -1);
	assert_int_equal(err.code, ENOTSUP);
	assert_non_null(strstr(err.message, "version 4"));
	assert_non_null(strstr(err.message, "x/manifest.json"));
}

static void a_manifest_has_a_checksum_of_its_own(void **state)
{
	struct bd_manifest manifest = example, read;
	BD_FREE char *text = NULL;

	(void)state;
	assert_int_equal(bd_manifest_format(&manifest, &text, &err), 0);
	size_t size = strlen(text);
	assert_int_equal(bd_manifest_parse("x", text, size, &read, &err), 0);
	assert_int_equal(read.version, 2);
	assert_string_equal(read.blake2b, manifest.blake2b);
	assert_string_equal(read.payload.blake2b, example.payload.blake2b);
	for (size_t i = 0; i < size; i++)
		for (int bit = 0; bit < 8; bit++) {
			text[i] ^= (char)(1 << bit);
			if (bd_manifest_parse("x", text, size, &read, &err) == 0)
				fail_msg("bit %d of byte %zu can be flipped: %s", bit, i, text);
			assert_true(err.code == EINVAL || err.code == ENOTSUP);
			assert_null(strpbrk(err.message, "\n\r"));
			text[i] ^= (char)(1 << bit);
		}
	for (size_t cut = 1; cut < size; cut++)
		if (bd_manifest_parse("x", text, size - cut, &read, &err) == 0)
			fail_msg("%zu bytes can be cut off", cut);
	assert_int_equal(bd_manifest_parse("x", text, size, &read, &err), 0);
}

static void a_manifest_of_version_2_without_a_checksum_is_refused(void **state)
{
	struct bd_manifest read;

	(void)state;
	assert_int_equal(parse_with("\"version\": 1", "\"version\": 2", &read), -1);
	assert_non_null(strstr(err.message, "\"blake2b\" is missing"));
	assert_int_equal(parse_with("\"version\": 1", "\"version\": 1, \"blake2b\": \"00\"", &read), -1);
	assert_int_equal(parse_with("\"version\": 1", "\"version\": 1, \"blake2b\": null", &read), -1);
}

static void what_is_no_manifest_or_damaged_is_refused(void **state)
{
	static const struct {
		const char *from, *to;
	} changes[] = {
		{ "{", "" },
		{ "xen-bigdisk template", "xen-bigdisk templates" },
		{ "\"version\": 1", "\"version\": 0" },
		{ "\"version\": 1", "\"version\": -1" },
		{ "\"version\": 1", "\"version\": \"1\"" },
		{ "\"name\": \"debian-12\"", "\"named\": \"debian-12\"" },
		{ "\"inodes\": 11317", "\"inodes\": 4294967296" },
		{ "\"inodes\": 11317", "\"inodes\": -1" },
		{ "\"inodes\": 11317", "\"inodes\": 1.5" },
		{ "\"content_bytes\": 5000000000", "\"content_bytes\": 99999999999999999999999" },
		{ "b0e1434e", "b0e1434" },
		{ "b0e1434e", "B0e1434e" },
		{ "\"netplan\"", "\"wicked\"" },
		{ "\"systemd\": true", "\"systemd\": \"yes\"" },
		{ "\"sshd\": false,", "" },
		{ "\"kernel\": \"/boot/vmlinuz-6.1.0-9-amd64\"", "\"kernel\": 6" },
		{ "\"source\": {", "\"sources\": {" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct bd_manifest read = { .name = "kept" };
		assert_int_equal(parse_with(changes[i].from, changes[i].to, &read), -1);
		assert_int_equal(err.code, EINVAL);
		assert_null(strchr(err.message, '\n'));
		assert_string_equal(read.name, "kept");
	}
}

static void texts_are_made_fit_for_a_terminal(void **state)
{
	char text[8];

	(void)state;
	bd_copy_text(text, sizeof(text), "a\033[1m\nb");
	assert_string_equal(text, "a?[1m?b");
	/* U+009B is the same to some terminals as ESC and "[". */
	bd_copy_text(text, sizeof(text),
		     "a\xc2\x9b"
		     "1m\xc2\xa0");
	assert_string_equal(text, "a??1m\xc2\xa0");
	bd_copy_text(text, sizeof(text), "a\xc2x"); /* Latin-1 */
	assert_string_equal(text, "a\xc2x");
	bd_copy_text(text, sizeof(text), "seven77");
	assert_string_equal(text, "seven77");
	/* Cut between characters: "é" has two bytes. */
	bd_copy_text(text, sizeof(text), "sixsix\xc3\xa9");
	assert_string_equal(text, "sixsix");
	bd_copy_text(text, sizeof(text), "");
	assert_string_equal(text, "");
}

static void the_time_is_that_of_source_date_epoch(void **state)
{
	struct bd_manifest manifest = { .name = "" };

	(void)state;
	/* date -u -d @1738324800 +%FT%TZ */
	setenv("SOURCE_DATE_EPOCH", "1738324800", 1);
	assert_int_equal(bd_manifest_set_created(&manifest, &err), 0);
	assert_string_equal(manifest.created, "2025-01-31T12:00:00Z");
	setenv("SOURCE_DATE_EPOCH", "soon", 1);
	assert_int_equal(bd_manifest_set_created(&manifest, &err), -1);
	assert_int_equal(err.code, BD_EUSAGE);
	setenv("SOURCE_DATE_EPOCH", "253402300800", 1);
	assert_int_equal(bd_manifest_set_created(&manifest, &err), -1);
	unsetenv("SOURCE_DATE_EPOCH");
	assert_int_equal(bd_manifest_set_created(&manifest, &err), 0);
	assert_true(strcmp(manifest.created, "2025") > 0);
}

static void kinds_of_network_have_names(void **state)
{
	enum bd_network_kind kind;

	(void)state;
	for (int i = BD_NETWORK_NONE; i <= BD_NETWORK_NETPLAN; i++) {
		assert_int_equal(
			bd_network_kind_parse(bd_network_kind_name((enum bd_network_kind)i), "x", &kind, &err), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(bd_network_kind_parse("Networkd", "--network", &kind, &err), -1);
	assert_int_equal(err.code, BD_EUSAGE);
}

static void windows_and_bsd_do_not_report_that_they_are_up(void **state)
{
	static const struct {
		struct bd_manifest_disk disk;
		bool may;
	} disks[] = {
		{ { .content = "vfat, xfs" }, true },
		{ { .content = "ext4" }, true },
		{ { .content = "vfat, ufs, swap" }, false },
		{ { .content = "ufs" }, false },
		{ { .content = "vfat, zfs_member" }, true },
		{ { .content = "ufs, ext4" }, true },
		{ { .content = "" }, true },
		{ { .content = "ntfs", .is_windows = true }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(disks) / sizeof(*disks); i++)
		if (bd_manifest_disk_may_report(&disks[i].disk) != disks[i].may)
			fail_msg("%s", disks[i].disk.content);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(a_whole_disk_is_of_version_3_and_has_no_files),
		cmocka_unit_test(windows_and_bsd_do_not_report_that_they_are_up),
		cmocka_unit_test(a_newer_version_is_named_as_such),
		cmocka_unit_test(a_manifest_has_a_checksum_of_its_own),
		cmocka_unit_test(a_manifest_of_version_2_without_a_checksum_is_refused),
		cmocka_unit_test(what_is_no_manifest_or_damaged_is_refused),
		cmocka_unit_test(texts_are_made_fit_for_a_terminal),
		cmocka_unit_test(the_time_is_that_of_source_date_epoch),
		cmocka_unit_test(kinds_of_network_have_names),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
