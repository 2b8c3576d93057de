/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps options to the fields of a request. */
#include "cli/guest/request_options.h"

#include <errno.h>
#include <string.h>

#include "cli/wait_option.h"

static const char *const names[BD_FIELD_COUNT] = {
	[BD_FIELD_SIZE] = "size",
	[BD_FIELD_DEVICE] = "device",
	[BD_FIELD_LVM] = "lvm",
	[BD_FIELD_OVERWRITE] = "overwrite",
	[BD_FIELD_SWAP] = "swap",
	[BD_FIELD_DISKS] = "disk",
	[BD_FIELD_MOUNTS] = "mount",
	[BD_FIELD_LAYOUT] = "layout",
	[BD_FIELD_BOOT_SECTOR] = "boot-sector",
	[BD_FIELD_FS] = "fs",
	[BD_FIELD_TEMPLATE] = "template",
	[BD_FIELD_TEMPLATES] = "templates",
	[BD_FIELD_TYPE] = "type",
	[BD_FIELD_BOOT] = "boot",
	[BD_FIELD_MEMORY] = "memory",
	[BD_FIELD_VCPUS] = "vcpus",
	[BD_FIELD_NETWORK] = "no-net",
	[BD_FIELD_BRIDGE] = "bridge",
	[BD_FIELD_MAC] = "mac",
	[BD_FIELD_IP] = "ip",
	[BD_FIELD_GATEWAY] = "gateway",
	[BD_FIELD_IP6] = "ip6",
	[BD_FIELD_GATEWAY6] = "gateway6",
	[BD_FIELD_NET] = "net",
	[BD_FIELD_DNS] = "dns",
	[BD_FIELD_SSH_KEYS] = "ssh-key",
	[BD_FIELD_USER] = "user",
	[BD_FIELD_ROOT_PASSWORD_HASH] = "root-password-hash",
	[BD_FIELD_ROOT_PASSWORD_FILE] = "root-password-file",
	[BD_FIELD_ROOT_PASSWORD_HASH_FILE] = "root-password-hash-file",
	[BD_FIELD_FILES] = "file",
	[BD_FIELD_APPEND] = "append",
	[BD_FIELD_USER_DATA] = "user-data",
	[BD_FIELD_RUN_ONCE] = "run-once",
	[BD_FIELD_SEED] = "seed",
	[BD_FIELD_SEED_FILE] = "seed-file",
	[BD_FIELD_DIR] = "dir",
	[BD_FIELD_START] = "no-start",
};

static const struct bd_option *find(const struct bd_option *table, const char *name)
{
	for (; table->name; table++)
		if (table->kind != BD_OPTION_HEADING && strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static int set(const struct bd_option *option, const void *options, enum bd_field field,
	       struct bd_create_request *request, struct bd_error *err)
{
	const void *value = (const char *)options + option->offset;
	const struct bd_texts *texts = value;
	const char *text;

	switch (option->kind) {
	case BD_OPTION_FLAG:
		if (!*(const bool *)value)
			return 0;
		return bd_create_request_set(request, field, strncmp(option->name, "no-", 3) == 0 ? "false" : "true",
					     err);
	case BD_OPTION_LIST:
		for (size_t i = 0; i < texts->count; i++)
			if (bd_create_request_set(request, field, texts->items[i], err) != 0)
				return -1;
		return 0;
	default:
		text = *(const char *const *)value;
		return text ? bd_create_request_set(request, field, text, err) : 0;
	}
}

int request_from_options(const struct bd_option *table, const void *options, struct bd_create_request *request,
			 struct bd_error *err)
{
	for (enum bd_field field = BD_FIELD_NONE + 1; field < BD_FIELD_COUNT; field++) {
		const struct bd_option *option = find(table, names[field]);
		if (option && set(option, options, field, request, err) != 0)
			return request_fail(err);
	}
	return 0;
}

/* Operations know no options: what they refuse because of the host, and which option helps then. code 0: any. */
static const struct {
	enum bd_field field;
	int code;
	const char *text;
} advice[] = {
	{ BD_FIELD_START, 0, "--no-start makes its files only" },
	{ BD_FIELD_MEMORY, ENOSPC, "--memory gives it less, --no-start makes its files only" },
	{ BD_FIELD_NETWORK, ENXIO, "choose one with --bridge, or use --no-net" },
	{ BD_FIELD_BRIDGE, ENXIO, "choose one with --bridge" },
	{ BD_FIELD_DEVICE, ENOTBLK,
	  "without --device the guest's disk is a file of its own: --size SIZE, and --dir DIR for where" },
	{ BD_FIELD_OVERWRITE, EEXIST, "--overwrite puts the guest's disk in its place" },
	{ BD_FIELD_BOOT_SECTOR, ENOPKG, "install it, or choose another boot sector, or none, with --boot-sector" },
	{ BD_FIELD_BOOT_SECTOR, EFBIG, "use --layout aligned or --boot-sector none" },
};

/* False: there is none. */
static bool advise(struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(advice) / sizeof(*advice); i++)
		if (err->field == (int)advice[i].field && (!advice[i].code || err->code == advice[i].code)) {
			bd_fail_as(err, err, "%s; %s", err->message, advice[i].text);
			return true;
		}
	return false;
}

int request_fail_with(const struct create_defaults *defaults, struct bd_error *err)
{
	bool is_default = create_defaults_has(defaults, err->field);

	if (is_default)
		advise(err);
	create_defaults_blame(defaults, err);
	return is_default ? -1 : request_fail(err);
}

int request_fail(struct bd_error *err)
{
	bool is_advised = advise(err);
	int field = err->field;

	err->field = BD_FIELD_NONE;
	if (is_advised)
		return -1;
	if (field == BD_FIELD_ROOT_PASSWORD_HASH)
		return bd_fail_as(err, err, "--%s: %s (--root-password-file)", names[field], err->message);
	return field ? bd_wrap(err, "--%s", names[field]) : wait_option_advise(err);
}
