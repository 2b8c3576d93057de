/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for other users of a disk. */
#include "hotplug/block/sharing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "hotplug/block/mounts.h"

/* What /local/domain/ID/vm is for the domain that this one is the device model of; NULL: it is none's. */
static int read_target_vm(const struct bd_xenstore *store, const char *domain, char **vm_out, struct bd_error *err)
{
	BD_FREE char *target = NULL;

	*vm_out = NULL;
	if (bd_xenstore_read(store, &target, err, "/local/domain/%s/target", domain) != 0)
		return -1;
	return target ? bd_xenstore_read(store, vm_out, err, "/local/domain/%s/vm", target) : 0;
}

static bool is_same(const char *one, const char *other)
{
	return one && other && strcmp(one, other) == 0;
}

/* same_vm of block-common.sh. A domain without a VM is one that is going, whose backends are only not yet removed: it counts as the
 * same. */
static int is_same_vm(const struct bd_xenstore *store, const struct bd_block_backend *backend, const char *domain,
		      bool *same_out, struct bd_error *err)
{
	BD_FREE char *vm = NULL, *target_vm = NULL, *other_target_vm = NULL, *ours = NULL;

	if (bd_xenstore_read(store, &vm, err, "/local/domain/%s/vm", domain) != 0)
		return -1;
	*same_out = !vm;
	if (!vm)
		return 0;
	if (read_target_vm(store, backend->frontend_id, &target_vm, err) != 0 ||
	    read_target_vm(store, domain, &other_target_vm, err) != 0)
		return -1;
	ours = strdup(backend->frontend_vm ? backend->frontend_vm : "unknown");
	if (!ours)
		return bd_no_memory(err);
	/* In a migration to the same host, the second domain's has "-1" at its end. */
	size_t length = strlen(ours);
	if (length > 2 && strcmp(ours + length - 2, "-1") == 0)
		ours[length - 2] = '\0';
	*same_out = is_same(ours, vm) || is_same(target_vm, vm) || is_same(ours, other_target_vm) ||
		    is_same(target_vm, other_target_vm);
	return 0;
}

struct search {
	const struct bd_xenstore *store;
	const struct bd_block_backend *backend;
	const struct bd_block_devices *devices;
	dev_t found;
};

/* 1: that backend keeps ours from having the device. */
static int look_at_backend(struct search *search, const char *domain, const char *device, struct bd_error *err)
{
	const struct bd_xenstore *store = search->store;
	const char *all = search->backend->all;
	BD_FREE char *number = NULL, *mode = NULL, *left = NULL;
	bool is_same_guest;
	dev_t found;

	if (bd_xenstore_read(store, &number, err, "%s/%s/%s/physical-device", all, domain, device) != 0)
		return -1;
	if (!number || !bd_block_parse_number(number, &found) || !bd_block_devices_have(search->devices, found))
		return 0;
	if (bd_xenstore_read(store, &left, err, "%s/%s/%s/bigdisk-left", all, domain, device) != 0)
		return -1;
	if (left)
		return 0;
	if (search->backend->mode == BD_BLOCK_READ) {
		if (bd_xenstore_read(store, &mode, err, "%s/%s/%s/mode", all, domain, device) != 0)
			return -1;
		/* As in Xen's script, one that is shared by "w!" on purpose does not keep readers away. */
		if (!mode || bd_block_mode(mode) != BD_BLOCK_WRITE)
			return 0;
	}
	if (is_same_vm(store, search->backend, domain, &is_same_guest, err) != 0)
		return -1;
	search->found = found;
	return !is_same_guest;
}

static int look_at_domain(struct search *search, const char *domain, struct bd_error *err)
{
	char path[BD_XENSTORE_PATH_SIZE];
	BD_FREE char **devices = NULL;
	size_t count = 0;
	int result = 0;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", search->backend->all, domain) >= sizeof(path))
		return 0;
	if (search->store->list(search->store->context, path, &devices, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++)
		result = look_at_backend(search, domain, devices[i], err);
	return result;
}

static int look_at_guests(struct search *search, struct bd_error *err)
{
	BD_FREE char **domains = NULL;
	size_t count = 0;
	int result = 0;

	if (search->store->list(search->store->context, search->backend->all, &domains, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++)
		result = look_at_domain(search, domains[i], err);
	return result;
}

int bd_block_find_user(const struct bd_xenstore *store, const struct bd_block_backend *backend, const char *mountinfo,
		       const struct bd_block_devices *devices, enum bd_block_user *user_out, dev_t *device_out,
		       struct bd_error *err)
{
	struct search search = { store, backend, devices, 0 };

	*user_out = BD_BLOCK_NOBODY;
	*device_out = 0;
	if (devices->count == 0)
		return 0;
	int result = bd_block_find_mount(mountinfo, devices, backend->mode == BD_BLOCK_READ, device_out, err);
	if (result != 0) {
		*user_out = BD_BLOCK_DOM0;
		return result < 0 ? -1 : 0;
	}
	result = look_at_guests(&search, err);
	if (result > 0) {
		*user_out = BD_BLOCK_GUEST;
		*device_out = search.found;
	}
	return result < 0 ? -1 : 0;
}

int bd_block_user_message(enum bd_block_user user, enum bd_block_mode mode, const char *path, bool is_file,
			  dev_t device, char **text_out, struct bd_error *err)
{
	char through[BD_BLOCK_NUMBER_SIZE], *text = NULL;
	const char *theirs = mode == BD_BLOCK_READ ? "read-write " : "",
		   *ours = mode == BD_BLOCK_READ ? "read-only " : "";
	const char *domain = user == BD_BLOCK_GUEST ? "a guest" : "the privileged";
	const char *when = user == BD_BLOCK_GUEST ? "now" : "by a guest";

	bd_block_format_number(device, through);
	int length = is_file ? asprintf(&text,
					"File %s is loopback-mounted through %s,\nwhich is mounted %sin %s domain,\n"
					"and so cannot be mounted %s%s.",
					path, through, theirs, domain, ours, when)
			     : asprintf(&text, "Device %s is mounted %sin %s domain,\nand so cannot be mounted %s%s.",
					path, theirs, domain, ours, when);
	if (length < 0)
		return bd_no_memory(err);
	*text_out = text;
	return 0;
}
