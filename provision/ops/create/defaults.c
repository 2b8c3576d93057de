/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds the host's defaults to a request. */
#include "ops/create/defaults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "fleet/fields.h"
#include "template/store.h"

/* What decides which defaults a guest can have. */
struct target {
	bool is_none, is_mini, is_whole;
	bool knows_system; /* of a template that could be opened, or a built-in one */
	uint64_t disk_bytes; /* of a whole disk */
	struct bd_system system;
};

#define A_WHOLE_DISK "the template is a whole disk, which is copied as it is"
#define AN_EMPTY_DISK "the disk is empty (template none)"

void create_defaults_dispose(struct create_defaults *defaults)
{
	for (size_t i = 0; i < BD_FIELD_COUNT; i++)
		free(defaults->passed_over[i]);
	*defaults = (struct create_defaults){ 0 };
}

const struct bd_fleet_setting *create_defaults_find(const struct create_defaults *defaults, int field)
{
	const struct bd_fleet_key *key = bd_fleet_key_of_field(field);

	return defaults->host && key ? bd_host_defaults_find(defaults->host, key->name) : NULL;
}

static bool has(const struct bd_create_request *request, enum bd_field field)
{
	return bd_create_request_has(request, field);
}

/* One that was asked for and cannot be opened is refused by what makes the guest. */
static void look_at_template(struct create_defaults *defaults, const struct bd_create_request *request,
			     struct target *target)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	struct bd_error problem = BD_ERROR_INIT;
	struct bd_store store;

	bd_stored_init(&stored);
	target->is_none = strcmp(request->template, BD_TEMPLATE_NONE) == 0;
	target->is_mini = strcmp(request->template, BD_TEMPLATE_MINI) == 0;
	target->knows_system = target->is_none || target->is_mini;
	if (target->knows_system)
		return;
	if (bd_store_check_name(request->template, &problem) != 0 ||
	    bd_store_open(request->templates, &store, &problem) != 0 ||
	    bd_store_get(&store, request->template, &stored, &problem) != 0) {
		if (create_defaults_has(defaults, BD_FIELD_TEMPLATE))
			defaults->template_problem = problem;
		return;
	}
	target->knows_system = true;
	target->is_whole = stored.manifest.kind == BD_TEMPLATE_DISK;
	target->disk_bytes = stored.manifest.disk.size_bytes;
	target->system = stored.manifest.system;
}

int create_defaults_check_template(const struct create_defaults *defaults, struct bd_error *err)
{
	if (!defaults->template_problem.code)
		return 0;
	*err = defaults->template_problem;
	return bd_set_field(err, BD_FIELD_TEMPLATE);
}

static bool is_on_volume(const struct bd_create_request *request)
{
	return request->device || has(request, BD_FIELD_LVM);
}

static const char *why_not_disk(enum bd_field field, const struct target *target,
				const struct bd_create_request *request, const struct bd_fleet_setting *setting)
{
	const char *value = setting->values[0];
	struct bd_error ignored;
	uint64_t bytes;

	switch (field) {
	case BD_FIELD_SIZE:
		if (request->device)
			return "the disk has the size of its device";
		return target->is_whole && bd_parse_size(value, NULL, &bytes, &ignored) == 0 &&
				       bytes < target->disk_bytes
			       ? "the template's disk is larger"
			       : NULL;
	case BD_FIELD_LVM:
		return request->device	      ? "the disk is a device that was given"
		       : request->dir	      ? "the disk is a file in the folder that was given"
		       : request->disks.count ? "the guest has further disks, which are files"
		       : request->boot_sector == BD_BOOT_SECTOR_GRUB_LEGACY
			       ? "GRUB Legacy cannot be set up on a block device"
			       : NULL;
	case BD_FIELD_SWAP:
		return request->disks.partition_count == BD_PLAN_MOUNTS_MAX ? "an MBR has four partitions" : NULL;
	case BD_FIELD_DISKS:
		return is_on_volume(request) ? "a further disk is a file, and the first one is not" : NULL;
	case BD_FIELD_MOUNTS:
		return target->is_none ? AN_EMPTY_DISK
		       : request->swap_bytes &&
				       request->disks.partition_count + setting->value_count >= BD_PLAN_MOUNTS_MAX
			       ? "an MBR has four partitions"
			       : NULL;
	default:
		return NULL;
	}
}

/* Or may have one, as far as it is known. */
static bool has_kernel(const struct target *target)
{
	return target->is_mini || !target->knows_system || target->system.kernel_path[0];
}

static const char *why_not_boot(enum bd_field field, const struct target *target,
				const struct bd_create_request *request, const char *value)
{
	bool is_legacy = strcmp(value, "grub-legacy") == 0;

	switch (field) {
	case BD_FIELD_BOOT_SECTOR:
		return is_legacy && is_on_volume(request) ? "GRUB Legacy cannot be set up on a block device"
		       : is_legacy && request->fs_type == BD_FS_EXT4 ? "GRUB Legacy cannot read ext4"
		       : strcmp(value, "none") == 0 && request->type == BD_GUEST_HVM
			       ? "an hvm guest needs one to boot by"
			       : NULL;
	case BD_FIELD_FS:
		return strcmp(value, "ext4") == 0 && request->boot_sector == BD_BOOT_SECTOR_GRUB_LEGACY
			       ? "GRUB Legacy cannot read ext4"
			       : NULL;
	case BD_FIELD_TYPE:
		return strcmp(value, "hvm") != 0		     ? NULL
		       : has(request, BD_FIELD_BOOT)		     ? "boot is for pv and pvh guests"
		       : request->boot_sector == BD_BOOT_SECTOR_NONE ? "an hvm guest needs a boot sector"
								     : NULL;
	case BD_FIELD_BOOT:
		if (request->type == BD_GUEST_HVM)
			return "an hvm guest boots from its boot sector";
		return strcmp(value, "direct") != 0 || has_kernel(target) ? NULL
		       : target->is_none				  ? AN_EMPTY_DISK
									  : "the template has no kernel";
	default:
		return NULL;
	}
}

/* Nothing in the template would configure it. */
static bool has_no_network(const struct target *target)
{
	return target->knows_system && !target->is_none && !target->is_mini && !target->is_whole &&
	       target->system.network == BD_NETWORK_NONE && !target->system.cloud_init;
}

static bool has_gateway(const struct bd_create_request *request, bool ip6)
{
	for (size_t i = 1; i < request->network_count; i++)
		if (ip6 ? request->networks[i].gateway6[0] : request->networks[i].gateway[0])
			return true;
	return false;
}

static const char *why_not_network(enum bd_field field, const struct target *target,
				   const struct bd_create_request *request, const char *value)
{
	const struct bd_network *network = &request->networks[0];
	bool is_ifupdown = target->is_mini || target->system.network == BD_NETWORK_IFUPDOWN;

	if (!request->network_count)
		return "the guest has no network interface";
	switch (field) {
	case BD_FIELD_GATEWAY:
		return !network->address_count	     ? "the guest has no static IPv4 address"
		       : has_gateway(request, false) ? "another interface has the default gateway"
						     : NULL;
	case BD_FIELD_GATEWAY6:
		return !network->address6_count	    ? "the guest has no static IPv6 address"
		       : has_gateway(request, true) ? "another interface has the default gateway"
						    : NULL;
	case BD_FIELD_IP6:
		return strcmp(value, "dhcp") == 0 && target->is_mini ? "the guest has no DHCPv6 client"
		       : strcmp(value, "auto") != 0 && has_no_network(target)
			       ? "nothing in the template configures a network"
			       : NULL;
	case BD_FIELD_DNS:
		return network->address_count || (network->address6_count && !is_ifupdown)
			       ? NULL
			       : "the guest has no static address, and takes what DHCP says";
	default:
		return NULL;
	}
}

static const char *why_not_content(enum bd_field field, const struct target *target,
				   const struct bd_create_request *request)
{
	if (target->is_none)
		return AN_EMPTY_DISK;
	if (field == BD_FIELD_APPEND && target->system.own_grub_cfg && request->boot != BD_BOOT_DIRECT)
		return "the template has a grub.cfg of its own, which is not changed";
	if (!target->knows_system || target->is_whole)
		return NULL;
	if (field == BD_FIELD_USER_DATA && !target->system.cloud_init)
		return "the template has no cloud-init";
	return field == BD_FIELD_RUN_ONCE && !target->system.systemd ? "the template has no systemd" : NULL;
}

/* What has its place in a filesystem that is made for the guest, or is as the disk has it. */
static bool is_of_the_disk(enum bd_field field)
{
	static const enum bd_field fields[] = { BD_FIELD_SWAP,	      BD_FIELD_MOUNTS, BD_FIELD_LAYOUT,
						BD_FIELD_BOOT_SECTOR, BD_FIELD_FS,     BD_FIELD_TYPE,
						BD_FIELD_BOOT,	      BD_FIELD_FILES,  BD_FIELD_APPEND };

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i] == field)
			return true;
	return false;
}

/* NULL: the guest can have it. */
static const char *why_not(enum bd_field field, const struct target *target, const struct bd_create_request *request,
			   const struct bd_fleet_setting *setting)
{
	if (target->is_whole && is_of_the_disk(field))
		return A_WHOLE_DISK;
	if (field >= BD_FIELD_BRIDGE && field <= BD_FIELD_DNS)
		return why_not_network(field, target, request, setting->values[0]);
	if (field >= BD_FIELD_SSH_KEYS)
		return why_not_content(field, target, request);
	const char *reason = why_not_disk(field, target, request, setting);
	return reason ? reason : why_not_boot(field, target, request, setting->values[0]);
}

/* Another value was given, by the field itself or by what stands for it. */
static bool is_given(enum bd_field field, const struct bd_create_request *request)
{
	bool is_password = field == BD_FIELD_ROOT_PASSWORD_HASH || field == BD_FIELD_ROOT_PASSWORD_FILE;

	return has(request, field) || bd_create_request_first_has(request, field) ||
	       (is_password &&
		(has(request, BD_FIELD_ROOT_PASSWORD_HASH) || has(request, BD_FIELD_ROOT_PASSWORD_FILE) ||
		 has(request, BD_FIELD_ROOT_PASSWORD_HASH_FILE)));
}

static int pass_over(struct create_defaults *defaults, enum bd_field field, const char *reason, struct bd_error *err)
{
	if (defaults->passed_over[field])
		return 0;
	defaults->passed_over[field] = strdup(reason);
	return defaults->passed_over[field] ? 0 : bd_no_memory(err);
}

/* Each value is in order by itself, so that only what was given besides can be in its way: a gateway that the guest's
 * addresses do not reach, a name server of IPv6 for a guest without that, something that is mounted there already. */
static int set_value(struct create_defaults *defaults, enum bd_field field, const struct target *target,
		     const char *value, struct bd_create_request *request, struct bd_error *err)
{
	const struct bd_network before = request->networks[0];
	struct bd_error problem = BD_ERROR_INIT;

	if (field == BD_FIELD_DISKS && strstr(value, ":/") && (target->is_none || target->is_whole))
		return pass_over(defaults, field, target->is_none ? AN_EMPTY_DISK : A_WHOLE_DISK, err);
	if (field == BD_FIELD_IP6 && strcmp(value, "none") == 0)
		for (size_t i = 0; i < before.dns_count; i++)
			if (strchr(before.dns[i], ':'))
				return pass_over(defaults, field, "the guest has an IPv6 name server", err);
	if (bd_create_request_set(request, field, value, &problem) != 0) {
		if (problem.code == ENOMEM)
			return bd_no_memory(err);
		request->networks[0] = before;
		return pass_over(defaults, field, problem.message, err);
	}
	defaults->used |= (uint64_t)1 << field;
	return 0;
}

static int apply(struct create_defaults *defaults, enum bd_field field, const struct target *target,
		 struct bd_create_request *request, struct bd_error *err)
{
	const struct bd_fleet_setting *setting = create_defaults_find(defaults, field);

	if (!setting || is_given(field, request))
		return 0;
	const char *reason = why_not(field, target, request, setting);
	if (reason)
		return pass_over(defaults, field, reason, err);
	for (size_t i = 0; i < setting->value_count; i++)
		if (set_value(defaults, field, target, setting->values[i], request, err) != 0)
			return -1;
	return 0;
}

int create_defaults_apply(struct create_defaults *defaults, uint64_t canceled, struct bd_create_request *request,
			  struct bd_error *err)
{
	struct target target = { .is_none = false };

	if (!defaults->host)
		return 0;
	/* First, as it decides of many others. */
	if (!(canceled >> BD_FLEET_TEMPLATE & 1) && apply(defaults, BD_FIELD_TEMPLATE, &target, request, err) != 0)
		return -1;
	look_at_template(defaults, request, &target);
	for (enum bd_fleet_key_index i = 0; i < BD_FLEET_KEY_COUNT; i++)
		if (bd_fleet_field(i) != BD_FIELD_NONE && !(canceled >> i & 1) &&
		    apply(defaults, bd_fleet_field(i), &target, request, err) != 0)
			return -1;
	return 0;
}

int create_defaults_apply_to_copy(struct create_defaults *defaults, bool is_mini, bool keeps_ip6,
				  struct bd_create_request *request, struct bd_error *err)
{
	static const enum bd_field fields[] = { BD_FIELD_GATEWAY, BD_FIELD_IP6, BD_FIELD_GATEWAY6, BD_FIELD_DNS };
	/* How its network is configured is not known yet, and name servers are what not each way of that has. */
	const struct target target = { .is_mini = is_mini, .system = { .network = BD_NETWORK_IFUPDOWN } };

	for (size_t i = 0; defaults->host && i < sizeof(fields) / sizeof(*fields); i++)
		if (!(fields[i] == BD_FIELD_IP6 && keeps_ip6) &&
		    apply(defaults, fields[i], &target, request, err) != 0)
			return -1;
	return 0;
}

/* A disk can be too small for what the host adds to it. */
static int blame_size(const struct create_defaults *defaults, struct bd_error *err)
{
	int field = create_defaults_has(defaults, BD_FIELD_MOUNTS) ? BD_FIELD_MOUNTS : BD_FIELD_SWAP;
	const struct bd_fleet_setting *setting = create_defaults_find(defaults, field);

	if (err->field != BD_FIELD_SIZE || !setting || !create_defaults_has(defaults, field))
		return -1;
	return bd_fail_as(err, err, "%s (\"%s\" is from %s:%u)", err->message, setting->key->name,
			  defaults->host->path, setting->node->line);
}

int create_defaults_blame(const struct create_defaults *defaults, struct bd_error *err)
{
	const struct bd_fleet_setting *setting = create_defaults_find(defaults, err->field);
	struct bd_error cause = *err;

	if (!setting || !create_defaults_has(defaults, err->field))
		return blame_size(defaults, err);
	bd_json_fail(&defaults->host->json, setting->node, err, "\"%s\": %s", setting->key->name, cause.message);
	bd_fail_as(err, &cause, "%s", err->message);
	return bd_set_field(err, BD_FIELD_NONE);
}
