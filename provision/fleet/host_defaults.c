/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and checks the host's defaults. */
#include "fleet/host_defaults.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/trust.h"
#include "base/text.h"
#include "fleet/fields.h"
#include "guest/accounts.h"

#define SYSTEM_FILE BD_SYSCONFDIR "/xen-bigdisk/defaults.json"
#define TEXT_MAX ((size_t)1 << 20)

/* Beside the keys of guests: those that are about the host itself. */
static const char *const other_keys[] = { "$schema", "hotplug", NULL };

#define OF_A_MANIFEST "is a manifest's; here are the keys of its \"defaults\", without it"
#define OF_ONE_GUEST "is of one guest, and has no default for all of a host"

const struct bd_host_refused bd_host_refused_keys[] = {
	{ "fleet", OF_A_MANIFEST },
	{ "defaults", OF_A_MANIFEST },
	{ "groups", OF_A_MANIFEST },
	{ "guests", OF_A_MANIFEST },
	{ "name", OF_ONE_GUEST },
	{ "copies", OF_ONE_GUEST },
	{ "device", OF_ONE_GUEST },
	{ "mac", OF_ONE_GUEST },
	{ "ip", OF_ONE_GUEST },
	{ "network", OF_ONE_GUEST },
	{ "networks", OF_ONE_GUEST },
	{ "pool", "is for the guests of a fleet, and stands in its manifest" },
	{ "autostart", "is said of each guest, or in a fleet's manifest" },
	{ NULL, NULL },
};

/* What cannot be said of one guest together. A value of NULL: any. */
static const struct {
	enum bd_fleet_key_index one;
	const char *one_value;
	enum bd_fleet_key_index other;
	const char *other_value;
} conflicts[] = {
	{ BD_FLEET_LVM, NULL, BD_FLEET_DISKS, NULL },
	{ BD_FLEET_BOOT_SECTOR, "grub-legacy", BD_FLEET_LVM, NULL },
	{ BD_FLEET_BOOT_SECTOR, "grub-legacy", BD_FLEET_FS, "ext4" },
	{ BD_FLEET_TYPE, "hvm", BD_FLEET_BOOT_SECTOR, "none" },
	{ BD_FLEET_TYPE, "hvm", BD_FLEET_BOOT, NULL },
	{ BD_FLEET_ROOT_PASSWORD_HASH, NULL, BD_FLEET_ROOT_PASSWORD_FILE, NULL },
};

static int check_top(const struct bd_json_tree *json, struct bd_error *err)
{
	const struct bd_json_node *root = json->root;

	if (root->type != BD_JSON_OBJECT)
		return bd_json_fail(json, root, err,
				    "is %s, where an object is needed, such as { \"memory\": \"1G\" }",
				    bd_json_type_name(root->type));
	for (size_t i = 0; i < root->child_count; i++)
		for (const struct bd_host_refused *key = bd_host_refused_keys; key->name; key++)
			if (strcmp(root->children[i].key, key->name) == 0)
				return bd_json_fail_key(json, &root->children[i], err, "\"%s\" %s", key->name,
							key->reason);
	return 0;
}

/* On the link of an address that may have any gateway, and that no host has (RFC 7600, RFC 6666): which addresses the guests will have is not
 * known. */
static int check_gateway(enum bd_field field, const char *text, struct bd_error *err)
{
	struct bd_network network = { .address_count = 0 };

	if (field == BD_FIELD_GATEWAY)
		return bd_network_add_ip(&network, "192.0.0.8/32", err) == 0
			       ? bd_network_set_gateway(&network, text, err)
			       : -1;
	return bd_network_add_ip6(&network, "100::1/128", err) == 0 ? bd_network_set_gateway6(&network, text, err)
								    : -1;
}

/* By what checks the values of a new guest. trial: what was said before. */
static int check_value(enum bd_field field, const char *text, struct bd_create_request *trial, struct bd_error *err)
{
	if (field == BD_FIELD_GATEWAY || field == BD_FIELD_GATEWAY6)
		return check_gateway(field, text, err);
	if (bd_create_request_set(trial, field, text, err) != 0)
		return -1;
	if (field == BD_FIELD_IP6 && trial->networks[0].address6_count)
		return bd_usage(err, "%s is an address of one guest; the default of a host is auto, dhcp or none",
				text);
	if (field == BD_FIELD_BOOT && trial->boot == BD_BOOT_UEFI)
		return bd_usage(err,
				"uefi is for disks with an EFI system partition, and has to be said of each guest");
	return field == BD_FIELD_ROOT_PASSWORD_HASH ? bd_password_check_hash(text, err) : 0;
}

static int read_hotplug(struct bd_host_defaults *defaults, struct bd_error *err)
{
	const struct bd_json_node *node = bd_json_member(defaults->json.root, "hotplug");
	const char *text = bd_json_text(node);

	if (!node || node->type == BD_JSON_NULL)
		return 0;
	if (text && strcmp(text, "xen") == 0)
		defaults->hotplug = BD_HOTPLUG_XEN;
	else if (text && strcmp(text, "bigdisk") == 0)
		defaults->hotplug = BD_HOTPLUG_BIGDISK;
	else
		return bd_json_fail(&defaults->json, node, err, "\"hotplug\" must be \"bigdisk\" or \"xen\"");
	return 0;
}

static int check_setting(const struct bd_host_defaults *defaults, enum bd_fleet_key_index key,
			 struct bd_create_request *trial, struct bd_error *err)
{
	const struct bd_fleet_setting *setting = &defaults->layer.settings[key];
	struct bd_error problem = BD_ERROR_INIT;

	for (size_t i = 0; setting->key && i < setting->value_count; i++)
		if (check_value(bd_fleet_field(key), setting->values[i], trial, &problem) != 0)
			return bd_json_fail(&defaults->json, bd_fleet_value_node(setting->node, i), err, "\"%s\": %s",
					    setting->key->name, problem.message);
	return 0;
}

static bool says(const struct bd_host_defaults *defaults, enum bd_fleet_key_index key, const char *value)
{
	const struct bd_fleet_setting *setting = &defaults->layer.settings[key];

	return setting->key && setting->value_count && (!value || strcmp(setting->values[0], value) == 0);
}

static int check_conflicts(const struct bd_host_defaults *defaults, struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(conflicts) / sizeof(*conflicts); i++) {
		const char *value = conflicts[i].one_value, *other = conflicts[i].other_value;
		if (says(defaults, conflicts[i].one, value) && says(defaults, conflicts[i].other, other))
			return bd_json_fail(&defaults->json, defaults->layer.settings[conflicts[i].other].node, err,
					    "\"%s\"%s%s and \"%s\"%s%s cannot be used together",
					    bd_fleet_keys[conflicts[i].other].name, other ? ": " : "",
					    other ? other : "", bd_fleet_keys[conflicts[i].one].name,
					    value ? ": " : "", value ? value : "");
	}
	return 0;
}

static int check(const struct bd_host_defaults *defaults, struct bd_error *err)
{
	BD_DISPOSE(bd_create_request_dispose) struct bd_create_request trial;

	bd_create_request_init(&trial);
	for (enum bd_fleet_key_index i = 0; i < BD_FLEET_KEY_COUNT; i++)
		if (check_setting(defaults, i, &trial, err) != 0)
			return -1;
	return check_conflicts(defaults, err);
}

/* What is in it becomes part of guests, with scripts and keys: nobody but its owner may change it. */
static int look(const char *path, bool *is_there_out, struct bd_error *err)
{
	struct stat there;

	*is_there_out = stat(path, &there) == 0;
	if (!*is_there_out)
		return errno == ENOENT ? 0 : bd_fail_errno(err, "cannot look at %s", path);
	if (!S_ISREG(there.st_mode))
		return bd_fail(err, EINVAL, "%s is not a regular file", path);
	return bd_trust_check(path, &there, "file", err);
}

static int parse(struct bd_host_defaults *defaults, const char *text, size_t size_bytes, struct bd_error *err)
{
	char given[PATH_MAX], folder[PATH_MAX];

	bd_path_folder(defaults->path, given);
	if (!realpath(given, folder))
		return bd_fail_lookup(err, "cannot use the directory of %s", defaults->path);
	defaults->memory = calloc(1, sizeof(*defaults->memory));
	if (!defaults->memory)
		return bd_no_memory(err);
	if (bd_json_parse(text, size_bytes, defaults->path, &defaults->json, err) != 0)
		return -1;
	const struct bd_fleet_source source = { .json = &defaults->json,
						.memory = defaults->memory,
						.folder = folder };
	if (check_top(&defaults->json, err) != 0 ||
	    bd_fleet_layer_read(&source, defaults->json.root, BD_FLEET_OF_HOST, other_keys, 0, &defaults->layer,
				err) != 0 ||
	    read_hotplug(defaults, err) != 0)
		return -1;
	return check(defaults, err);
}

static int choose_path(struct bd_host_defaults *defaults, struct bd_error *err)
{
	const char *chosen = secure_getenv("XEN_BIGDISK_DEFAULTS");

	if (chosen && *chosen && *chosen != '/')
		return bd_usage(err, "XEN_BIGDISK_DEFAULTS must be an absolute path, not '%s'", chosen);
	if (chosen && strlen(chosen) >= PATH_MAX)
		return bd_usage(err, "the path in XEN_BIGDISK_DEFAULTS is too long");
	defaults->path = strdup(chosen && *chosen ? chosen : SYSTEM_FILE);
	return defaults->path ? 0 : bd_no_memory(err);
}

static int read_defaults(struct bd_host_defaults *defaults, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size_bytes;

	if (choose_path(defaults, err) != 0 || look(defaults->path, &defaults->is_there, err) != 0)
		return -1;
	if (!defaults->is_there)
		return 0;
	if (bd_read_file(defaults->path, TEXT_MAX, &text, &size_bytes, err) != 0)
		return -1;
	return parse(defaults, text, size_bytes, err);
}

int bd_host_defaults_read(struct bd_host_defaults *defaults, struct bd_error *err)
{
	struct bd_error problem = BD_ERROR_INIT;

	*defaults = (struct bd_host_defaults){ 0 };
	if (read_defaults(defaults, &problem) == 0)
		return 0;
	return problem.code == ENOMEM ? bd_no_memory(err) : bd_usage(err, "%s", problem.message);
}

void bd_host_defaults_dispose(struct bd_host_defaults *defaults)
{
	free(defaults->path);
	if (defaults->memory)
		bd_arena_dispose(defaults->memory);
	free(defaults->memory);
	bd_json_tree_dispose(&defaults->json);
	*defaults = (struct bd_host_defaults){ 0 };
}

const struct bd_fleet_setting *bd_host_defaults_find(const struct bd_host_defaults *defaults, const char *key)
{
	const struct bd_fleet_key *found = bd_fleet_key_find(key);
	const struct bd_fleet_setting *setting = found ? &defaults->layer.settings[found - bd_fleet_keys] : NULL;

	return setting && setting->key && setting->value_count ? setting : NULL;
}
