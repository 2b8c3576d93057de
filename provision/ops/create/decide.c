/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a request to a job. */
#include "ops/create/decide.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "base/text.h"
#include "guest/vif_keys.h"
#include "ops/create/device.h"
#include "ops/create/identity.h"
#include "ops/create/whole_disk.h"
#include "ops/guest/files.h"
#include "ops/host/boot.h"
#include "ops/host/bootloader.h"
#include "ops/host/host.h"
#include "template/store.h"

static bool has(const struct bd_create_request *request, enum bd_field field)
{
	return bd_create_request_has(request, field);
}

/* What is each in order by itself, and not together. */
static int check_combination(const struct bd_create_request *request, struct bd_error *err)
{
	for (enum bd_field field = BD_FIELD_BRIDGE; !request->network_count && field <= BD_FIELD_DNS; field++)
		if (has(request, field))
			return bd_usage_field(err, field, "the guest has no network interface");
	if ((request->device || has(request, BD_FIELD_LVM)) && request->disks.count)
		return bd_usage_field(err, BD_FIELD_DISKS, "a further disk is a file, and the first one is not");
	if (request->swap_bytes && request->disks.partition_count == BD_PLAN_MOUNTS_MAX)
		return bd_usage_field(
			err, BD_FIELD_MOUNTS,
			"an MBR has four partitions: besides the root's and the swap's there can be %d, not %d",
			BD_PLAN_MOUNTS_MAX - 1, BD_PLAN_MOUNTS_MAX);
	if (strcmp(request->template, BD_TEMPLATE_NONE) != 0)
		return 0;
	if (request->start)
		return bd_usage_field(err, BD_FIELD_START, "an empty disk (template none) has no kernel to boot");
	for (size_t i = 0; i < request->disks.count; i++)
		if (request->disks.items[i].mount)
			return bd_usage_field(err, BD_FIELD_DISKS,
					      "an empty disk (template none) has no system that could mount %s",
					      request->disks.items[i].mount);
	if (request->disks.partition_count)
		return bd_usage_field(err, BD_FIELD_MOUNTS,
				      "an empty disk (template none) has no system that could mount %s",
				      request->disks.items[BD_FURTHER_DISKS_MAX].mount);
	for (enum bd_field field = BD_FIELD_SSH_KEYS; field <= BD_FIELD_RUN_ONCE; field++)
		if (has(request, field))
			return bd_usage_field(err, field,
					      "an empty disk (template none) has nothing to put this into");
	return 0;
}

static int decide_boot(const struct bd_create_request *request, struct create_job *job, struct bd_error *err)
{
	struct bd_guest *guest = &job->guest;

	if (request->boot == BD_BOOT_UEFI && bd_create_request_has(request, BD_FIELD_TYPE) &&
	    request->type != BD_GUEST_HVM)
		return bd_usage_field(err, BD_FIELD_BOOT, "uefi is for hvm guests");
	if (job->is_whole_disk)
		return create_whole_disk_decide_boot(request, job, err);
	if (request->boot == BD_BOOT_UEFI)
		return bd_usage_field(err, BD_FIELD_BOOT,
				      "uefi needs a disk with an EFI system partition, as a template of a whole disk "
				      "may have");
	guest->type = request->type;
	guest->boot = request->boot;
	job->boot_sector = request->boot_sector;
	guest->fs_type = request->fs_type;
	if (guest->fs_type == BD_FS_EXT4 && job->boot_sector == BD_BOOT_SECTOR_GRUB_LEGACY)
		return bd_usage_field(err, BD_FIELD_FS,
				      "GRUB Legacy cannot read ext4; use ext3, or grub2 to boot by");
	if (guest->type == BD_GUEST_HVM) {
		if (has(request, BD_FIELD_BOOT))
			return bd_usage_field(err, BD_FIELD_BOOT,
					      "is for pv and pvh guests; an hvm guest boots from its boot sector");
		if (job->boot_sector == BD_BOOT_SECTOR_NONE)
			return bd_usage_field(err, BD_FIELD_BOOT_SECTOR, "an hvm guest needs one to boot by");
		guest->boot = BD_BOOT_DISK;
		return 0;
	}
	if (guest->boot == BD_BOOT_DIRECT && strcmp(request->template, BD_TEMPLATE_NONE) == 0)
		return bd_usage_field(err, BD_FIELD_BOOT, "direct needs a template with a kernel");
	return 0;
}

static bool have_common_address(const struct bd_network_address *one, size_t one_count,
				const struct bd_network_address *other, size_t other_count, const char **address_out)
{
	for (size_t i = 0; i < one_count; i++)
		if (bd_network_has_address(other, other_count, one[i].text)) {
			*address_out = one[i].text;
			return true;
		}
	return false;
}

/* What is each in order by itself, and not on two interfaces of a guest. */
static int check_pair(const struct bd_network *one, const struct bd_network *other, struct bd_error *err)
{
	const char *address;

	if (one->has_mac && other->has_mac && memcmp(one->mac, other->mac, sizeof(one->mac)) == 0)
		return bd_usage_field(err, BD_FIELD_NET, "two interfaces have the same MAC address");
	if (have_common_address(one->addresses, one->address_count, other->addresses, other->address_count,
				&address) ||
	    have_common_address(one->addresses6, one->address6_count, other->addresses6, other->address6_count,
				&address))
		return bd_usage_field(err, BD_FIELD_NET, "%s is on another interface already", address);
	if ((one->gateway[0] && other->gateway[0]) || (one->gateway6[0] && other->gateway6[0]))
		return bd_usage_field(err, BD_FIELD_NET,
				      "another interface has a default gateway already, and a guest has one of each "
				      "family");
	return 0;
}

static int check_interfaces(const struct bd_create_request *request, struct bd_error *err)
{
	for (size_t i = 0; i < request->network_count; i++)
		for (size_t other = 0; other < i; other++)
			if (check_pair(&request->networks[i], &request->networks[other], err) != 0)
				return -1;
	return 0;
}

int create_decide_networks(const struct bd_create_request *request, const struct bd_random *random,
			   struct bd_networks *networks_out, struct bd_error *err)
{
	if (check_interfaces(request, err) != 0 ||
	    bd_networks_copy(request->networks, request->network_count, networks_out, err) != 0)
		return -1;
	for (size_t i = 0; i < networks_out->count; i++) {
		struct bd_network *network = &networks_out->items[i];
		char label[48] = "mac";
		if (i)
			snprintf(label, sizeof(label), "mac of interface %zu", i);
		if (!network->bridge[0] && !request->only_disk)
			bd_host_default_bridge(network->bridge);
		if (!network->has_mac && bd_mac_random(random, label, network->mac, err) != 0)
			return -1;
		network->has_mac = true;
	}
	return 0;
}

/* libxl refuses to make such a domain. */
static int check_types(const struct bd_guest *guest, struct bd_error *err)
{
	const char *type;

	for (size_t i = 0; guest->type != BD_GUEST_HVM && i < guest->networks.count; i++)
		if (bd_vif_keys_find(guest->networks.items[i].vif, "type", &type) &&
		    strncmp(type, "ioemu", strcspn(type, ",")) == 0)
			return bd_usage(err, "type=ioemu is for hvm guests; a %s guest has no emulated interface",
					bd_guest_type_name(guest->type));
	return 0;
}

static int join(char **path_out, const char *folder, const char *name, const char *ending, struct bd_error *err)
{
	return bd_text_format(path_out, err, "%s/%s%s", strcmp(folder, "/") == 0 ? "" : folder, name, ending);
}

static int decide_seed_path(const char *folder, struct create_job *job, struct bd_error *err)
{
	return job->is_whole_disk ? join(&job->seed_path, folder, job->guest.name, GUEST_SEED_SUFFIX, err) : 0;
}

static int decide_disk_paths(const char *folder, struct create_job *job, struct bd_error *err)
{
	for (size_t i = 0; i < job->guest.disks.count; i++) {
		char suffix[BD_FURTHER_DISK_SUFFIX_SIZE];
		bd_further_disk_suffix(i, suffix);
		if (join(&job->disk_paths[i], folder, job->guest.name, suffix, err) != 0)
			return -1;
	}
	return 0;
}

static int decide_image_path(const struct bd_create_request *request, const char *folder, struct create_job *job,
			     struct bd_error *err)
{
	char path[BD_VOLUME_PATH_SIZE];

	if (create_makes_volume(job)) {
		if (bd_volume_check_name(job->guest.name, err) != 0)
			return bd_set_field(err, BD_FIELD_LVM);
		bd_volume_path(job->volume.group, job->guest.name, path);
		job->image_path = strdup(path);
		return job->image_path ? 0 : bd_no_memory(err);
	}
	if (!request->device)
		return join(&job->image_path, folder, job->guest.name, ".img", err);
	/* The name that was given: /dev/sdb may be another device when dom0 has booted again, /dev/vg/name is not. */
	job->image_path = strdup(request->device);
	return job->image_path ? 0 : bd_no_memory(err);
}

/* The cfg names its files by absolute paths, whatever folder it is read from. */
static int decide_paths(const struct bd_create_request *request, struct create_job *job, struct bd_error *err)
{
	char images[PATH_MAX] = BD_LOCALSTATEDIR "/lib/xen/images", cfgs[PATH_MAX] = BD_SYSCONFDIR "/xen";

	if (request->dir) {
		if (!realpath(request->dir, images))
			return bd_fail_lookup(err, "cannot use the directory %s", request->dir);
		memcpy(cfgs, images, sizeof(cfgs));
	}
	job->in_system_folders = !request->dir;
	if (decide_image_path(request, images, job, err) != 0 || decide_disk_paths(images, job, err) != 0 ||
	    decide_seed_path(images, job, err) != 0 || join(&job->cfg_path, cfgs, job->guest.name, ".cfg", err) != 0)
		return -1;
	if (job->guest.boot != BD_BOOT_DIRECT)
		return 0;
	if (join(&job->kernel_path, images, job->guest.name, ".vmlinuz", err) != 0)
		return -1;
	return join(&job->ramdisk_path, images, job->guest.name, ".initramfs", err);
}

/* A guest that is not started now may be started elsewhere, or later. */
static int judge_missing(const struct create_job *job, const struct bd_error *missing, struct bd_error *err)
{
	if (job->start)
		return bd_fail_as(err, missing, "%s", missing->message);
	bd_warn("%s", missing->message);
	return 0;
}

static int decide_bigdisk(const struct create_job *job, struct bd_error *err)
{
	struct bd_error missing;
	char path[PATH_MAX];

	return job->guest.boot != BD_BOOT_BIGDISK ||
			       bd_host_find_bootloader(BD_BOOTLOADER_BIGDISK, path, sizeof(path), NULL, &missing) == 0
		       ? 0
		       : judge_missing(job, &missing, err);
}

static int decide_pvgrub(struct create_job *job, struct bd_error *err)
{
	struct bd_error missing;
	const char *path;

	if (job->guest.boot != BD_BOOT_PVGRUB)
		return 0;
	if (bd_host_find_pvgrub(job->guest.type, &path, &missing) != 0 && judge_missing(job, &missing, err) != 0)
		return -1;
	job->kernel_path = strdup(path);
	return job->kernel_path ? 0 : bd_no_memory(err);
}

static int decide_uefi(struct create_job *job, struct bd_error *err)
{
	struct bd_error missing;
	const char *path;

	if (job->guest.boot != BD_BOOT_UEFI)
		return 0;
	if (bd_host_find_ovmf(&path, &missing) != 0 && judge_missing(job, &missing, err) != 0)
		return -1;
	job->kernel_path = strdup(path);
	return job->kernel_path ? 0 : bd_no_memory(err);
}

static int decide_target(const struct bd_create_request *request, struct create_job *job, struct bd_error *err)
{
	if (request->seed_disk && !job->is_whole_disk)
		return bd_usage(
			err,
			"a seed disk is for a template of a whole disk; with %s its content is written into the disk itself",
			request->template);
	if (request->seed_disk && !(job->seed_path = strdup(request->seed_disk)))
		return bd_no_memory(err);
	return decide_image_path(request, NULL, job, err);
}

/* What the guest has in dom0, and needs there. */
static int decide_guest_files(const struct bd_create_request *request, struct create_job *job, struct bd_error *err)
{
	if (decide_paths(request, job, err) != 0 || decide_bigdisk(job, err) != 0 || decide_pvgrub(job, err) != 0)
		return -1;
	return decide_uefi(job, err);
}

/* A partition has the size that the layout can give it. */
static int plan_disk(const struct bd_create_request *request, uint64_t size_bytes, struct create_job *job,
		     struct bd_error *err)
{
	struct bd_guest_disk *partitions = &job->guest.disks.items[BD_FURTHER_DISKS_MAX];
	struct bd_plan_sizes sizes = { .disk_bytes = size_bytes,
				       .swap_bytes = request->swap_bytes,
				       .mount_count = job->guest.disks.partition_count };

	for (size_t i = 0; i < sizes.mount_count; i++)
		sizes.mount_bytes[i] = partitions[i].size_bytes;
	if (bd_plan_disk(request->layout, &sizes, &job->plan, err) != 0)
		return -1;
	for (size_t i = 0; i < sizes.mount_count; i++)
		partitions[i].size_bytes = bd_region_bytes(bd_plan_mount(&job->plan, i));
	return 0;
}

/* The sizes are the user's, and are said as he said them. */
static int decide_disk(const struct bd_create_request *request, struct create_job *job, struct bd_error *err)
{
	uint64_t size_bytes;
	char size[32];

	if (create_decide_size(request, &size_bytes, err) != 0)
		return -1;
	if (job->is_whole_disk) {
		job->plan.disk_bytes = size_bytes;
		return create_whole_disk_decide_size(request, job, err);
	}
	if (plan_disk(request, size_bytes, job, err) == 0)
		return 0;
	if (request->only_disk && err->code == EINVAL)
		return bd_no_room(err, "%s %s", request->device, err->message);
	if (request->only_disk)
		return bd_fail_as(err, err, "%s %s", request->device, err->message);
	bd_format_size(size_bytes, size, sizeof(size));
	return bd_usage_field(err, BD_FIELD_SIZE, "%s %s",
			      request->size	? request->size
			      : request->device ? request->device
						: size,
			      err->message);
}

/* The request may be gone before the job is. */
static int decide_mounts(const struct bd_create_request *request, struct create_job *job, struct bd_error *err)
{
	struct bd_guest_disk *partitions = &job->guest.disks.items[BD_FURTHER_DISKS_MAX];

	job->guest.disks = request->disks;
	for (size_t i = 0; i < request->disks.partition_count; i++) {
		job->mounts[i] = strdup(partitions[i].mount);
		if (!job->mounts[i])
			return bd_no_memory(err);
		partitions[i].mount = job->mounts[i];
	}
	return 0;
}

static int decide(const struct bd_create_request *request, struct create_job *job, struct bd_error *err)
{
	struct bd_guest *guest = &job->guest;

	if (bd_guest_set_name(guest, request->name, err) != 0 || check_combination(request, err) != 0)
		return -1;
	if (!bd_template_is_built_in(request->template) && bd_store_check_name(request->template, err) != 0)
		return bd_set_field(err, BD_FIELD_TEMPLATE);
	job->template = request->template;
	job->templates = request->templates;
	job->start = request->start;
	job->keep_failed = request->keep_failed;
	job->volume = request->volume;
	job->on_device = request->device || create_makes_volume(job);
	job->overwrite = request->overwrite;
	job->only_disk = request->only_disk;
	job->fleet = request->fleet;
	job->wait_s = request->wait_s;
	if (create_whole_disk_look(request, job, err) != 0)
		return -1;
	guest->memory_mib = request->memory_mib;
	guest->vcpus = request->vcpus;
	guest->append = request->append;
	guest->has_swap = request->swap_bytes != 0;
	if (decide_mounts(request, job, err) != 0)
		return -1;
	if (create_decide_identity(request, &job->identity, err) != 0 || decide_boot(request, job, err) != 0 ||
	    create_decide_networks(request, &job->identity.random, &guest->networks, err) != 0 ||
	    decide_disk(request, job, err) != 0)
		return -1;
	if (check_types(guest, err) != 0 || bd_host_check_vlans(&guest->networks, err) != 0)
		return bd_set_field(err, BD_FIELD_NET);
	if (!job->only_disk && decide_guest_files(request, job, err) != 0)
		return -1;
	if (job->only_disk && decide_target(request, job, err) != 0)
		return -1;
	return create_decide_numbers(job, err);
}

int create_decide(const struct bd_create_request *request, struct create_job *job_out, struct bd_error *err)
{
	struct create_job job = { 0 };

	if (decide(request, &job, err) != 0) {
		create_job_dispose(&job);
		return -1;
	}
	*job_out = job;
	return 0;
}
