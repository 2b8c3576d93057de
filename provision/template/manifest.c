/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and writes manifest.json. */
#include "template/manifest.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/checksum.h"
#include "base/cleanup.h"
#include "base/json_tree.h"
#include "base/parse.h"
#include "base/printable.h"

#define FORMAT "xen-bigdisk template"
#define KIND_DISK "disk"

int bd_manifest_set_created(struct bd_manifest *manifest, struct bd_error *err)
{
	/* https://reproducible-builds.org/specs/source-date-epoch/ */
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	const uint64_t last = 253402300799; /* the end of the year 9999 */
	uint64_t seconds = (uint64_t)time(NULL);
	struct tm utc;

	if (epoch && *epoch && bd_parse_uint(epoch, "SOURCE_DATE_EPOCH", 0, last, &seconds, err) != 0)
		return -1;
	const time_t when = (time_t)seconds;
	if (!gmtime_r(&when, &utc) ||
	    strftime(manifest->created, sizeof(manifest->created), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		return bd_fail(err, EOVERFLOW, "cannot format the time");
	return 0;
}

/* content has commas between its words. */
static bool has_content(const struct bd_manifest_disk *disk, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = disk->content; *at; at += strspn(at, ", ")) {
		size_t length = strcspn(at, ",");
		if (length == size && strncmp(at, name, size) == 0)
			return true;
		at += length;
	}
	return false;
}

bool bd_manifest_disk_may_report(const struct bd_manifest_disk *disk)
{
	static const char *const linux_has[] = { "ext2",       "ext3", "ext4",	   "xfs",	  "btrfs",
						 "f2fs",       "jfs",  "reiserfs", "LVM2_member", "linux_raid_member",
						 "crypto_LUKS" };

	for (size_t i = 0; i < sizeof(linux_has) / sizeof(*linux_has); i++)
		if (has_content(disk, linux_has[i]))
			return true;
	return !disk->is_windows && !has_content(disk, "ufs");
}

static void put_file(struct bd_json *json, const char *key, const struct bd_manifest_file *file)
{
	bd_json_open_object(json, key);
	bd_json_uint(json, "bytes", file->size_bytes);
	if (*file->blake2b)
		bd_json_string(json, "blake2b", file->blake2b);
	bd_json_close_object(json);
}

static void put_system(struct bd_json *json, const struct bd_system *system)
{
	bd_json_open_object(json, "system");
	bd_json_string(json, "os_id", system->os_id);
	bd_json_string(json, "os_version", system->os_version);
	bd_json_string(json, "os_name", system->os_name);
	bd_json_string(json, "kernel", *system->kernel_path ? system->kernel_path : NULL);
	bd_json_string(json, "initramfs", *system->initramfs_path ? system->initramfs_path : NULL);
	bd_json_string(json, "network", bd_network_kind_name(system->network));
	bd_json_bool(json, "systemd", system->systemd);
	bd_json_bool(json, "sshd", system->sshd);
	bd_json_bool(json, "cloud_init", system->cloud_init);
	bd_json_bool(json, "unique_machine_id", system->unique_machine_id);
	bd_json_bool(json, "own_grub_cfg", system->own_grub_cfg);
	bd_json_open_array(json, "lacks");
	for (unsigned i = 0; i < BD_LACK_COUNT; i++)
		if (system->lacks & BD_LACK_BIT(i))
			bd_json_string(json, NULL, bd_lack_id((enum bd_lack)i));
	bd_json_close_array(json);
	bd_json_close_object(json);
}

static void put_disk(struct bd_json *json, const struct bd_manifest_disk *disk)
{
	bd_json_open_object(json, "disk");
	bd_json_uint(json, "bytes", disk->size_bytes);
	bd_json_string(json, "table", disk->table);
	bd_json_string(json, "content", disk->content);
	bd_json_bool(json, "boot_code", disk->has_boot_code);
	bd_json_bool(json, "efi_partition", disk->has_efi_partition);
	bd_json_bool(json, "windows", disk->is_windows);
	bd_json_close_object(json);
}

static unsigned version_of(const struct bd_manifest *manifest)
{
	return manifest->kind == BD_TEMPLATE_DISK ? BD_MANIFEST_VERSION : BD_MANIFEST_VERSION_ROOT;
}

void bd_manifest_put_json(struct bd_json *json, const char *key, const struct bd_manifest *manifest)
{
	bd_json_open_object(json, key);
	bd_json_string(json, "format", FORMAT);
	bd_json_uint(json, "version", manifest->version ? manifest->version : version_of(manifest));
	if (manifest->kind == BD_TEMPLATE_DISK)
		bd_json_string(json, "kind", KIND_DISK);
	bd_json_string(json, "name", manifest->name);
	bd_json_string(json, "created", manifest->created);
	bd_json_string(json, "description", manifest->description);
	bd_json_open_object(json, "source");
	bd_json_string(json, "kind", manifest->source_kind);
	bd_json_string(json, "name", manifest->source_name);
	if (*manifest->source_digest)
		bd_json_string(json, "digest", manifest->source_digest);
	bd_json_close_object(json);
	if (manifest->kind == BD_TEMPLATE_ROOT) {
		bd_json_uint(json, "inodes", manifest->inodes);
		bd_json_uint(json, "directories", manifest->directories);
		bd_json_uint(json, "content_bytes", manifest->content_bytes);
	}
	bd_json_uint(json, "payload_bytes", manifest->payload_bytes);
	bd_json_uint(json, "block_size", manifest->block_bytes);
	put_file(json, "tree", &manifest->tree);
	put_file(json, "payload", &manifest->payload);
	if (manifest->kind == BD_TEMPLATE_DISK)
		put_disk(json, &manifest->disk);
	if (manifest->kind == BD_TEMPLATE_ROOT || manifest->has_system)
		put_system(json, &manifest->system);
	if (*manifest->blake2b)
		bd_json_string(json, "blake2b", manifest->blake2b);
	bd_json_close_object(json);
}

static int put_text(const struct bd_manifest *manifest, char **text_out, size_t *size_out, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_new();
	char *text = NULL;
	FILE *file = open_memstream(&text, size_out);

	if (!json || !file) {
		if (file)
			fclose(file);
		free(text);
		return bd_no_memory(err);
	}
	bd_manifest_put_json(json, NULL, manifest);
	int r = bd_json_print(json, file, err);
	if (fclose(file) != 0 && r == 0)
		r = bd_no_memory(err);
	if (r != 0)
		free(text);
	else
		*text_out = text;
	return r;
}

/* Of the text with zeros where the digits of its own checksum are. */
static int sum_of(const char *text, size_t size, size_t digits_at, char sum_out[BD_CHECKSUM_SIZE],
		  struct bd_error *err)
{
	BD_FREE char *copy = malloc(size);

	if (!copy)
		return bd_no_memory(err);
	memcpy(copy, text, size);
	memset(copy + digits_at, '0', BD_CHECKSUM_DIGITS);
	return bd_checksum_data(copy, size, sum_out, err);
}

int bd_manifest_format(struct bd_manifest *manifest, char **text_out, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size;

	manifest->version = version_of(manifest);
	memset(manifest->blake2b, '0', BD_CHECKSUM_DIGITS);
	manifest->blake2b[BD_CHECKSUM_DIGITS] = '\0';
	if (put_text(manifest, &text, &size, err) != 0)
		return -1;
	/* It is the last member. */
	char *digits = memrchr(text, ':', size);
	digits = digits ? strstr(digits, manifest->blake2b) : NULL;
	if (!digits || sum_of(text, size, (size_t)(digits - text), manifest->blake2b, err) != 0)
		return digits ? -1
			      : bd_fail(err, EINVAL, "internal error: the manifest has no room for its checksum");
	memcpy(digits, manifest->blake2b, BD_CHECKSUM_DIGITS);
	*text_out = bd_take_ptr(text);
	return 0;
}

/* Reads members one after the other; the first that is missing or wrong is remembered. */
struct reader {
	const struct bd_json_node *root;
	const char *wrong;
};

static void note_wrong(struct reader *reader, const char *key)
{
	if (!reader->wrong)
		reader->wrong = key;
}

/* NULL, and noted: it is missing. */
static const struct bd_json_node *get(struct reader *reader, const char *outer, const char *key)
{
	const struct bd_json_node *object = outer ? bd_json_member(reader->root, outer) : reader->root;
	const struct bd_json_node *value = object ? bd_json_member(object, key) : NULL;

	if (!value)
		note_wrong(reader, key);
	return value;
}

/* null: the text is empty. */
static void get_text(struct reader *reader, const char *outer, const char *key, char *out, size_t out_size)
{
	const struct bd_json_node *value = get(reader, outer, key);
	const char *text = value && value->type == BD_JSON_NULL ? "" : bd_json_text(value);

	out[0] = '\0';
	if (text)
		bd_copy_text(out, out_size, text);
	else
		note_wrong(reader, key);
}

static uint64_t get_uint(struct reader *reader, const char *outer, const char *key, uint64_t maximum)
{
	uint64_t value = 0;

	if (!bd_json_whole_number(get(reader, outer, key), maximum, &value))
		note_wrong(reader, key);
	return value;
}

static bool get_bool(struct reader *reader, const char *outer, const char *key)
{
	const struct bd_json_node *value = get(reader, outer, key);

	if (value && value->type != BD_JSON_BOOL)
		note_wrong(reader, key);
	return value && value->type == BD_JSON_BOOL && strcmp(value->text, "true") == 0;
}

static void get_file(struct reader *reader, const char *key, bool has_sum, struct bd_manifest_file *file)
{
	file->size_bytes = get_uint(reader, key, "bytes", INT64_MAX);
	if (!has_sum)
		return;
	get_text(reader, key, "blake2b", file->blake2b, sizeof(file->blake2b));
	if (!bd_checksum_is_text(file->blake2b))
		note_wrong(reader, "blake2b");
}

/* Manifests of before have none, and those of later programs may know of more. */
static void get_lacks(struct reader *reader, struct bd_system *system)
{
	const struct bd_json_node *object = bd_json_member(reader->root, "system");
	const struct bd_json_node *array = object ? bd_json_member(object, "lacks") : NULL;
	enum bd_lack lack;

	for (size_t i = 0; array && array->type == BD_JSON_ARRAY && i < array->child_count; i++) {
		const char *id = bd_json_text(&array->children[i]);
		if (id && bd_lack_parse(id, &lack))
			system->lacks |= BD_LACK_BIT(lack);
	}
}

static void get_system(struct reader *reader, struct bd_system *system)
{
	static const char key[] = "system";
	char network[32];
	struct bd_error unknown;

	get_text(reader, key, "os_id", system->os_id, sizeof(system->os_id));
	get_text(reader, key, "os_version", system->os_version, sizeof(system->os_version));
	get_text(reader, key, "os_name", system->os_name, sizeof(system->os_name));
	get_text(reader, key, "kernel", system->kernel_path, sizeof(system->kernel_path));
	get_text(reader, key, "initramfs", system->initramfs_path, sizeof(system->initramfs_path));
	get_text(reader, key, "network", network, sizeof(network));
	if (bd_network_kind_parse(network, "network", &system->network, &unknown) != 0)
		note_wrong(reader, "network");
	system->systemd = get_bool(reader, key, "systemd");
	system->sshd = get_bool(reader, key, "sshd");
	system->cloud_init = get_bool(reader, key, "cloud_init");
	system->unique_machine_id = get_bool(reader, key, "unique_machine_id");
	system->own_grub_cfg = get_bool(reader, key, "own_grub_cfg");
	get_lacks(reader, system);
}

static void get_disk(struct reader *reader, struct bd_manifest_disk *disk)
{
	static const char key[] = "disk";

	disk->size_bytes = get_uint(reader, key, "bytes", INT64_MAX);
	get_text(reader, key, "table", disk->table, sizeof(disk->table));
	get_text(reader, key, "content", disk->content, sizeof(disk->content));
	disk->has_boot_code = get_bool(reader, key, "boot_code");
	disk->has_efi_partition = get_bool(reader, key, "efi_partition");
	disk->is_windows = get_bool(reader, key, "windows");
}

static void get_root(struct reader *reader, struct bd_manifest *manifest)
{
	manifest->inodes = (uint32_t)get_uint(reader, NULL, "inodes", UINT32_MAX);
	manifest->directories = (uint32_t)get_uint(reader, NULL, "directories", UINT32_MAX);
	manifest->content_bytes = get_uint(reader, NULL, "content_bytes", INT64_MAX);
	get_system(reader, &manifest->system);
}

/* Only what no program before version 3 made has a kind. */
static void get_kind(struct reader *reader, struct bd_manifest *manifest)
{
	char kind[16];

	if (manifest->version < BD_MANIFEST_VERSION)
		return;
	get_text(reader, NULL, "kind", kind, sizeof(kind));
	if (strcmp(kind, KIND_DISK) != 0)
		note_wrong(reader, "kind");
	manifest->kind = BD_TEMPLATE_DISK;
}

/* Where there is one. */
static void get_source_digest(struct reader *reader, struct bd_manifest *manifest)
{
	const struct bd_json_node *source = bd_json_member_of(reader->root, "source", BD_JSON_OBJECT);

	if (source && bd_json_member(source, "digest"))
		get_text(reader, "source", "digest", manifest->source_digest, sizeof(manifest->source_digest));
}

static void get_manifest(struct reader *reader, struct bd_manifest *manifest)
{
	get_kind(reader, manifest);
	get_text(reader, NULL, "name", manifest->name, sizeof(manifest->name));
	get_text(reader, NULL, "created", manifest->created, sizeof(manifest->created));
	get_text(reader, NULL, "description", manifest->description, sizeof(manifest->description));
	get_text(reader, "source", "kind", manifest->source_kind, sizeof(manifest->source_kind));
	get_text(reader, "source", "name", manifest->source_name, sizeof(manifest->source_name));
	get_source_digest(reader, manifest);
	manifest->payload_bytes = get_uint(reader, NULL, "payload_bytes", INT64_MAX);
	manifest->block_bytes = (uint32_t)get_uint(reader, NULL, "block_size", UINT32_MAX);
	get_file(reader, "tree", true, &manifest->tree);
	get_file(reader, "payload", manifest->kind == BD_TEMPLATE_ROOT, &manifest->payload);
	if (manifest->kind == BD_TEMPLATE_ROOT)
		get_root(reader, manifest);
	else
		get_disk(reader, &manifest->disk);
	/* Where its root filesystem could be read. */
	manifest->has_system = manifest->kind == BD_TEMPLATE_DISK && bd_json_member(reader->root, "system");
	if (manifest->has_system)
		get_system(reader, &manifest->system);
}

/* What tells a manifest of another kind, or of a later program, from a damaged one. */
static int check_version(const char *what, struct reader *reader, unsigned *version_out, struct bd_error *err)
{
	char format[sizeof(FORMAT) + 1];

	get_text(reader, NULL, "format", format, sizeof(format));
	uint64_t version = get_uint(reader, NULL, "version", INT64_MAX);
	if (reader->wrong || strcmp(format, FORMAT) != 0 || version == 0)
		return bd_fail(err, EINVAL, "%s is not a template's manifest", what);
	if (version > BD_MANIFEST_VERSION)
		return bd_fail(err, ENOTSUP,
			       "%s has version %llu, but this program supports up to %d; use a newer xen-bigdisk",
			       what, (unsigned long long)version, BD_MANIFEST_VERSION);
	*version_out = (unsigned)version;
	return 0;
}

/* Where it is, it is checked, also in one that says to be of version 1. */
static int check_own_sum(const char *what, const char *text, size_t size, const struct reader *reader,
			 struct bd_manifest *manifest, struct bd_error *err)
{
	const struct bd_json_node *member = bd_json_member(reader->root, "blake2b");
	const char *said = bd_json_text(member);
	char sum[BD_CHECKSUM_SIZE];

	if (!member && manifest->version == 1)
		return 0;
	const char *digits = said && bd_checksum_is_text(said) ? memmem(text, size, said, BD_CHECKSUM_DIGITS) : NULL;
	if (!digits)
		return bd_fail(err, EINVAL, "%s is damaged: its \"blake2b\" is missing or wrong", what);
	if (sum_of(text, size, (size_t)(digits - text), sum, err) != 0)
		return -1;
	if (strcmp(sum, said) != 0)
		return bd_fail(err, EINVAL, "%s is damaged, or was edited: its BLAKE2b-256 is %.16s..., not %.16s...",
			       what, sum, said);
	strcpy(manifest->blake2b, said);
	return 0;
}

int bd_manifest_parse(const char *what, const char *text, size_t size_bytes, struct bd_manifest *manifest_out,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree document = { .root = NULL };
	struct bd_manifest manifest = { .name = "" };

	if (bd_json_parse(text, size_bytes, what, &document, err) != 0)
		return bd_wrap(err, "cannot read the template's manifest");
	struct reader reader = { .root = document.root };
	if (check_version(what, &reader, &manifest.version, err) != 0 ||
	    check_own_sum(what, text, size_bytes, &reader, &manifest, err) != 0)
		return -1;
	get_manifest(&reader, &manifest);
	if (reader.wrong)
		return bd_fail(err, EINVAL, "%s is damaged: its \"%s\" is missing or wrong", what, reader.wrong);
	*manifest_out = manifest;
	return 0;
}
