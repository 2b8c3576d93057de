/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses the fields of a request. */
#include "guest/create_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "adapt/user.h"
#include "base/parse.h"
#include "guest/bootcfg.h"
#include "guest/network_spec.h"

#define MIB ((uint64_t)1 << 20)
#define MEMORY_MIN_MIB 16
#define MEMORY_MAX_MIB ((uint64_t)16 << 20)
#define VCPUS_MAX 512

void bd_create_request_init(struct bd_create_request *request)
{
	*request = (struct bd_create_request){
		.layout = BD_LAYOUT_ALIGNED,
		.boot_sector = BD_BOOT_SECTOR_GRUB2,
		.fs_type = BD_FS_EXT3,
		.template = "mini",
		.type = BD_GUEST_PV,
		.boot = BD_BOOT_PYGRUB,
		.memory_mib = 512,
		.vcpus = 1,
		.network_count = 1,
		.start = true,
	};
}

void bd_create_request_dispose(struct bd_create_request *request)
{
	bd_texts_dispose(&request->ssh_keys);
	bd_texts_dispose(&request->files);
	for (size_t i = 0; i < BD_PLAN_MOUNTS_MAX; i++) {
		free(request->mounts[i]);
		request->mounts[i] = NULL;
	}
}

static bool is_plain_number(const char *text)
{
	return text[0] && text[strspn(text, "0123456789")] == '\0';
}

/* Nobody wants a disk of 4 bytes. */
static int set_size(const char *text, uint64_t *bytes_out, struct bd_error *err)
{
	uint64_t bytes;

	if (bd_parse_size(text, NULL, &bytes, err) != 0)
		return -1;
	if (is_plain_number(text) && bytes && bytes < MIB)
		return bd_usage(err, "\"%s\" would be bytes; did you mean %s%s?", text, text,
				bytes < 100 ? "G" : "M");
	*bytes_out = bytes;
	return 0;
}

static int set_swap(struct bd_create_request *request, const char *text, struct bd_error *err)
{
	if (set_size(text, &request->swap_bytes, err) != 0)
		return -1;
	return bd_plan_check_swap(request->swap_bytes, err) == 0 ? 0 : bd_usage(err, "%s %s", text, err->message);
}

/* A plain number is MiB, as in xl.cfg(5); with a letter it is a size. */
static int set_memory(struct bd_create_request *request, const char *text, struct bd_error *err)
{
	uint64_t bytes, mib;

	if (is_plain_number(text)) {
		if (bd_parse_uint(text, NULL, 0, MEMORY_MAX_MIB, &mib, err) != 0)
			return -1;
		if (mib < MEMORY_MIN_MIB && mib)
			return bd_usage(err, "\"%s\" would be MiB; did you mean %sG?", text, text);
		bytes = mib * MIB;
	} else if (bd_parse_size(text, NULL, &bytes, err) != 0) {
		return -1;
	}
	if (bytes % MIB || bytes < MEMORY_MIN_MIB * MIB || bytes > MEMORY_MAX_MIB * MIB)
		return bd_usage(err, "\"%s\" is not a whole number of MiB from 16M to 16T", text);
	request->memory_mib = bytes / MIB;
	return 0;
}

static int set_vcpus(struct bd_create_request *request, const char *text, struct bd_error *err)
{
	uint64_t vcpus;

	if (bd_parse_uint(text, NULL, 1, VCPUS_MAX, &vcpus, err) != 0)
		return -1;
	request->vcpus = (uint32_t)vcpus;
	return 0;
}

static int set_bridge(struct bd_network *network, const char *text, struct bd_error *err)
{
	if (bd_bridge_check(text, err) != 0)
		return -1;
	strcpy(network->bridge, text);
	return 0;
}

static int set_text(const char **text_out, const char *text)
{
	*text_out = text;
	return 0;
}

/* Nothing appended is a value, too. */
static int set_append(struct bd_create_request *request, const char *text, struct bd_error *err)
{
	if (*text && bd_kernel_append_check(text, err) != 0)
		return -1;
	request->append = *text ? text : NULL;
	return 0;
}

static int set_flag(bool *flag_out, const char *text, struct bd_error *err)
{
	*flag_out = strcmp(text, "true") == 0;
	return *flag_out || strcmp(text, "false") == 0 ? 0 : bd_usage(err, "must be true or false");
}

static int set_network(struct bd_create_request *request, const char *text, struct bd_error *err)
{
	bool enabled;

	if (set_flag(&enabled, text, err) != 0)
		return -1;
	request->network_count = enabled ? request->network_count : 0;
	return 0;
}

static int add_interface(struct bd_create_request *request, const char *text, struct bd_error *err)
{
	struct bd_network network = { .address_count = 0 };
	bool is_first = !bd_create_request_has(request, BD_FIELD_NET);

	for (enum bd_field field = BD_FIELD_BRIDGE; field < BD_FIELD_NET; field++)
		is_first = is_first && !bd_create_request_has(request, field);
	if (bd_network_spec_parse(text, &network, err) != 0)
		return -1;
	if (!request->network_count)
		return 0; /* it is refused with what else belongs to an interface */
	if (!is_first && request->network_count == BD_NETWORKS_MAX)
		return bd_usage(err, "a guest has %d network interfaces at most", BD_NETWORKS_MAX);
	request->networks[is_first ? 0 : request->network_count++] = network;
	return 0;
}

static int add_mount(struct bd_create_request *request, const char *text, struct bd_error *err)
{
	char *mount;

	if (bd_guest_disks_add_partition(&request->disks, text, &mount, err) != 0)
		return -1;
	request->mounts[request->disks.partition_count - 1] = mount;
	return 0;
}

static int set(struct bd_create_request *request, enum bd_field field, const char *text, struct bd_error *err)
{
	struct bd_network *network = &request->networks[0];

	switch (field) {
	case BD_FIELD_SIZE:
		request->size = text;
		return set_size(text, &request->size_bytes, err);
	case BD_FIELD_DEVICE:
		return set_text(&request->device, text);
	case BD_FIELD_LVM:
		return bd_volume_place_parse(text, &request->volume, err);
	case BD_FIELD_OVERWRITE:
		return set_flag(&request->overwrite, text, err);
	case BD_FIELD_SWAP:
		return set_swap(request, text, err);
	case BD_FIELD_DISKS:
		return bd_guest_disks_add(&request->disks, text, err);
	case BD_FIELD_MOUNTS:
		return add_mount(request, text, err);
	case BD_FIELD_LAYOUT:
		return bd_layout_parse(text, &request->layout, err);
	case BD_FIELD_BOOT_SECTOR:
		return bd_boot_sector_parse(text, &request->boot_sector, err);
	case BD_FIELD_FS:
		return bd_fs_type_parse(text, &request->fs_type, err);
	case BD_FIELD_TEMPLATE:
		return set_text(&request->template, text);
	case BD_FIELD_TEMPLATES:
		return set_text(&request->templates, text);
	case BD_FIELD_TYPE:
		return bd_guest_type_parse(text, &request->type, err);
	case BD_FIELD_BOOT:
		return bd_guest_boot_parse(text, &request->boot, err);
	case BD_FIELD_MEMORY:
		return set_memory(request, text, err);
	case BD_FIELD_VCPUS:
		return set_vcpus(request, text, err);
	case BD_FIELD_NETWORK:
		return set_network(request, text, err);
	case BD_FIELD_BRIDGE:
		return set_bridge(network, text, err);
	case BD_FIELD_MAC:
		network->has_mac = bd_mac_parse(text, network->mac, err) == 0;
		return network->has_mac ? 0 : -1;
	case BD_FIELD_IP:
		return bd_network_add_ip(network, text, err);
	case BD_FIELD_GATEWAY:
		return bd_network_set_gateway(network, text, err);
	case BD_FIELD_IP6:
		return bd_network_add_ip6(network, text, err);
	case BD_FIELD_GATEWAY6:
		return bd_network_set_gateway6(network, text, err);
	case BD_FIELD_NET:
		return add_interface(request, text, err);
	case BD_FIELD_DNS:
		return bd_network_add_dns(network, text, err);
	case BD_FIELD_SSH_KEYS:
		return bd_texts_append(&request->ssh_keys, text, err);
	case BD_FIELD_USER:
		request->user = text;
		return bd_user_check_name(text, err);
	case BD_FIELD_ROOT_PASSWORD_HASH:
		return set_text(&request->root_password_hash, text);
	case BD_FIELD_ROOT_PASSWORD_FILE:
		return set_text(&request->root_password_file, text);
	case BD_FIELD_ROOT_PASSWORD_HASH_FILE:
		return set_text(&request->root_password_hash_file, text);
	case BD_FIELD_FILES:
		return bd_texts_append(&request->files, text, err);
	case BD_FIELD_APPEND:
		return set_append(request, text, err);
	case BD_FIELD_USER_DATA:
		return set_text(&request->user_data, text);
	case BD_FIELD_RUN_ONCE:
		return set_text(&request->run_once, text);
	case BD_FIELD_SEED:
		return set_text(&request->seed, text);
	case BD_FIELD_SEED_FILE:
		return set_text(&request->seed_file, text);
	case BD_FIELD_DIR:
		return set_text(&request->dir, text);
	case BD_FIELD_START:
		return set_flag(&request->start, text, err);
	case BD_FIELD_NONE:
	case BD_FIELD_COUNT:
		break;
	}
	return bd_fail(err, EINVAL, "there is no such field");
}

int bd_create_request_set(struct bd_create_request *request, enum bd_field field, const char *text,
			  struct bd_error *err)
{
	if (set(request, field, text, err) != 0)
		return bd_set_field(err, (int)field);
	request->given |= (uint64_t)1 << field;
	return 0;
}

bool bd_create_request_first_has(const struct bd_create_request *request, enum bd_field field)
{
	const struct bd_network *network = &request->networks[0];

	switch (field) {
	case BD_FIELD_BRIDGE:
		return network->bridge[0];
	case BD_FIELD_MAC:
		return network->has_mac;
	case BD_FIELD_IP:
		return network->says_dhcp || network->address_count;
	case BD_FIELD_GATEWAY:
		return network->gateway[0];
	case BD_FIELD_IP6:
		return network->says_ip6 || network->address6_count;
	case BD_FIELD_GATEWAY6:
		return network->gateway6[0];
	case BD_FIELD_DNS:
		return network->dns_count;
	default:
		return false;
	}
}
