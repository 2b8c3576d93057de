/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the source's config and a request to a job. */
#include "ops/clone/job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/nocloud.h"
#include "iso/iso.h"
#include "ops/create/decide.h"
#include "ops/create/identity.h"
#include "ops/guest/files.h"
#include "template/store.h"
#include "volume/find.h"
#include "xlcfg/network.h"

/* Of a seed disk, where an administrator's own may be in base64, beside what the other options say. */
#define USER_DATA_BYTES_MAX (2 * BD_USER_DATA_BYTES_MAX)

#define SYSTEM_FOLDER BD_SYSCONFDIR "/xen/"

void clone_job_init(struct clone_job *job)
{
	memset(job, 0, sizeof(*job));
	job->source_device = (struct bd_device)BD_DEVICE_INIT;
	job->source_fd = job->source_lock_fd = job->copy_lock_fd = -1;
	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++)
		job->further[i] =
			(struct clone_further){ .fd = -1, .root = (struct bd_inside_root)BD_INSIDE_ROOT_INIT };
}

static void dispose_further(struct clone_further *disk)
{
	bd_inside_root_dispose(&disk->root);
	bd_cleanup_close(&disk->fd);
	free(disk->mount);
	bd_tree_dispose(&disk->tree);
}

void clone_job_dispose(struct clone_job *job)
{
	bd_cleanup_close(&job->source_fd);
	bd_device_dispose(&job->source_device);
	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++)
		dispose_further(&job->further[i]);
	free(job->source_text);
	bd_cfg_dispose(&job->source);
	create_job_dispose(&job->new);
	bd_tree_dispose(&job->tree);
	bd_cleanup_close(&job->copy_lock_fd);
	bd_cleanup_close(&job->source_lock_fd);
	clone_job_init(job);
}

/* Two guests with one address disturb each other, and the administrator looks for the reason elsewhere. */
static int check_address(const struct bd_create_request *request, size_t number, bool ip6,
			 const struct clone_job *job, struct bd_error *err)
{
	enum bd_field field = number ? BD_FIELD_NET : ip6 ? BD_FIELD_IP6 : BD_FIELD_IP;
	const struct bd_network *given = number < request->network_count ? &request->networks[number] : NULL;
	struct bd_network own;

	bd_cfg_network(&job->source, number, &own);
	const struct bd_network_address *addresses = ip6 ? own.addresses6 : own.addresses;
	size_t count = ip6 ? own.address6_count : own.address_count;
	if (count &&
	    (!given || !(ip6 ? given->says_ip6 || given->address6_count : given->says_dhcp || given->address_count)))
		return bd_usage_field(err, field,
				      "%s has the static address %s/%u, and the copy needs one of its own: %s",
				      job->source.name, addresses[0].text, addresses[0].prefix_length,
				      ip6 ? "ADDRESS/LEN, or auto" : "A.B.C.D/LEN, or dhcp");
	for (size_t i = 0; i < request->network_count; i++) {
		given = &request->networks[i];
		for (size_t at = 0; at < count; at++)
			if (bd_network_has_address(ip6 ? given->addresses6 : given->addresses,
						   ip6 ? given->address6_count : given->address_count,
						   addresses[at].text))
				return bd_usage_field(err, field, "%s is the address of %s", addresses[at].text,
						      job->source.name);
	}
	return 0;
}

static int check_network(const struct bd_create_request *request, const struct clone_job *job, struct bd_error *err)
{
	bool knows_dhcp6 = !job->source.template || strcmp(job->source.template, BD_TEMPLATE_MINI) != 0;

	for (enum bd_field field = BD_FIELD_BRIDGE; !job->source.vif_count && field <= BD_FIELD_DNS; field++)
		if (bd_create_request_has(request, field))
			return bd_usage_field(err, field, "%s has no network interface, and a copy gets none",
					      job->source.name);
	if (job->source.vif_count && request->network_count > job->source.vif_count)
		return bd_usage_field(err, BD_FIELD_NET,
				      "%s has %zu network interface%s, and a copy gets no further ones",
				      job->source.name, job->source.vif_count, job->source.vif_count == 1 ? "" : "s");
	for (size_t i = 0; i < request->network_count; i++)
		if (request->networks[i].vif[0])
			return bd_usage_field(
				err, BD_FIELD_NET,
				"a copy keeps what the config of %s says of %s; edit its own afterwards",
				job->source.name, request->networks[i].vif);
	for (size_t i = 0; i < request->network_count && !knows_dhcp6; i++)
		if (request->networks[i].ip6 == BD_IP6_DHCP)
			return bd_usage_field(
				err, BD_FIELD_IP6,
				"the guest has no DHCPv6 client; it has auto, none and static addresses");
	for (size_t i = 0; i < job->source.vif_count && i < BD_NETWORKS_MAX; i++)
		if (check_address(request, i, false, job, err) != 0 || check_address(request, i, true, job, err) != 0)
			return -1;
	return 0;
}

static int check_mac(const struct bd_network *network, const struct clone_job *job, struct bd_error *err)
{
	char mac[BD_MAC_TEXT_SIZE];

	for (size_t i = 0; i < job->source.vif_count; i++)
		if (job->source.vifs[i].has_mac && memcmp(job->source.vifs[i].mac, network->mac, 6) == 0) {
			bd_mac_format(network->mac, mac);
			return bd_usage_field(err, BD_FIELD_MAC, "%s is an address of %s", mac, job->source.name);
		}
	return 0;
}

/* Those that were asked for, and those that the source's config tells of. The others have been made by hand. */
static size_t count_networks(const struct bd_create_request *request, const struct bd_cfg *source)
{
	size_t count = source->vif_count ? request->network_count : 0;

	while (count && count < source->vif_count && count < BD_NETWORKS_MAX && source->networks[count])
		count++;
	return count;
}

/* On the source's bridges, if nothing else is said. */
static int decide_networks(const struct bd_create_request *request, struct clone_job *job, struct bd_error *err)
{
	const struct bd_cfg *source = &job->source;
	struct bd_networks *networks = &job->new.guest.networks;
	struct bd_create_request wanted = *request;

	if (check_network(request, job, err) != 0)
		return -1;
	wanted.network_count = count_networks(request, source);
	for (size_t i = 0; i < wanted.network_count; i++)
		if (!wanted.networks[i].bridge[0])
			strcpy(wanted.networks[i].bridge, source->vifs[i].bridge);
	if (create_decide_networks(&wanted, &job->new.identity.random, networks, err) != 0)
		return -1;
	for (size_t i = 0; i < networks->count; i++)
		if (check_mac(&networks->items[i], job, err) != 0)
			return -1;
	return 0;
}

static void decide_size(const struct bd_create_request *request, struct clone_job *job)
{
	struct bd_guest *guest = &job->new.guest;

	guest->memory_mib =
		bd_create_request_has(request, BD_FIELD_MEMORY) ? request->memory_mib : job->source.memory_mib;
	guest->vcpus = bd_create_request_has(request, BD_FIELD_VCPUS) ? request->vcpus : (uint32_t)job->source.vcpus;
	if (!guest->vcpus)
		guest->vcpus = 1; /* as xl takes it */
}

/* Beside the file that it is a copy of. */
static int beside(const char *source, const char *name, const char *ending, char **path_out, struct bd_error *err)
{
	return bd_text_format(path_out, err, "%.*s%s%s", (int)(bd_path_last(source) - source), source, name, ending);
}

/* Kernels that are not the guest's own, such as GRUB for Xen, are the host's, and serve both. */
static int decide_kernel(const char *path, const char *ending, struct clone_job *job, char **path_out, bool *copy_out,
			 struct bd_error *err)
{
	*copy_out = path && bd_path_is_named(path, job->source.name, ending);
	return *copy_out ? beside(path, job->new.guest.name, ending, path_out, err) : 0;
}

/* Keys and password of the source are the copy's, too, unless it is given its own. It may not have been booted yet, so that they are
 * nowhere else. */
static int decide_user_data(struct clone_job *job, struct bd_error *err)
{
	struct bd_identity *identity = &job->new.identity;

	if (identity->authorized_keys || identity->root_password_hash)
		return 0;
	return bd_iso_read(job->seed_source, BD_NOCLOUD_USER_DATA, USER_DATA_BYTES_MAX, &identity->user_data,
			   &identity->user_data_bytes, err);
}

/* In the same group, and the same thin pool. */
static int decide_volume(struct clone_job *job, struct bd_error *err)
{
	const char *path = job->source.disks[0];
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes found = { 0 };

	if (bd_volume_find_path(path, &found, err) != 0)
		return -1;
	if (!found.count)
		return bd_fail(
			err, ENOTSUP,
			"the disk %s of %s is a block device; only guests with a disk file or a logical volume "
			"can be cloned",
			path, job->source.name);
	if (bd_volume_check_name(job->new.guest.name, err) != 0)
		return -1;
	const struct bd_volume *volume = &found.items[0];
	job->new.on_device = true;
	strcpy(job->new.volume.group, volume->group);
	strcpy(job->new.volume.pool, volume->pool);
	job->new.plan.disk_bytes = volume->size_bytes;
	return 0;
}

static int fail_foreign(const struct clone_job *job, const char *path, struct bd_error *err)
{
	return bd_fail(
		err, ENOTSUP,
		"the disk %s of %s is not its own (%s_disk2.img and the like); only a guest with disks of its own can be cloned",
		path, job->source.name, job->source.name);
}

static int decide_further(struct clone_job *job, struct bd_error *err)
{
	const struct bd_cfg *source = &job->source;
	struct bd_guest_disks *disks = &job->new.guest.disks;

	for (size_t i = 1; i < source->disk_count; i++) {
		const char *path = source->disks[i], *suffix;
		if (i + 1 == source->disk_count && bd_path_is_named(path, source->name, GUEST_SEED_SUFFIX)) {
			job->seed_source = path;
			continue;
		}
		if (!bd_is_further_disk(path, source->name, &suffix) || disks->count == BD_FURTHER_DISKS_MAX)
			return fail_foreign(job, path, err);
		job->further[disks->count].source = path;
		if (beside(path, job->new.guest.name, suffix, &job->new.disk_paths[disks->count], err) != 0)
			return -1;
		disks->count++;
	}
	return 0;
}

static int decide_paths(struct clone_job *job, struct bd_error *err)
{
	struct bd_cfg *source = &job->source;
	const char *name = job->new.guest.name;

	job->new.in_system_folders = strncmp(source->path, SYSTEM_FOLDER, strlen(SYSTEM_FOLDER)) == 0 &&
				     bd_path_last(source->path) == source->path + strlen(SYSTEM_FOLDER);
	if (!source->disk_count)
		return bd_fail(err, ENOTSUP, "%s has no disk, and there is nothing to clone", source->path);
	if (decide_further(job, err) != 0)
		return -1;
	if (strncmp(source->disks[0], "/dev/", 5) == 0 && decide_volume(job, err) != 0)
		return -1;
	if (job->seed_source && (beside(job->seed_source, name, GUEST_SEED_SUFFIX, &job->new.seed_path, err) != 0 ||
				 decide_user_data(job, err) != 0))
		return -1;
	if (beside(source->disks[0], name, create_makes_volume(&job->new) ? "" : ".img", &job->new.image_path, err) !=
		    0 ||
	    beside(source->path, name, ".cfg", &job->new.cfg_path, err) != 0)
		return -1;
	if (decide_kernel(source->kernel, ".vmlinuz", job, &job->new.kernel_path, &job->copy_kernel, err) != 0)
		return -1;
	return decide_kernel(source->ramdisk, ".initramfs", job, &job->new.ramdisk_path, &job->copy_ramdisk, err);
}

int clone_apply_defaults(struct clone_job *job, struct create_defaults *defaults, struct bd_create_request *request,
			 struct bd_error *err)
{
	bool is_mini = job->source.template && strcmp(job->source.template, BD_TEMPLATE_MINI) == 0;
	struct bd_network own;

	if (!job->source.vif_count)
		return 0;
	bd_cfg_network(&job->source, 0, &own);
	if (create_defaults_apply_to_copy(defaults, is_mini, own.address6_count != 0, request, err) != 0)
		return -1;
	job->ip6_is_default = create_defaults_has(defaults, BD_FIELD_IP6);
	return 0;
}

int clone_decide(const struct bd_create_request *request, struct clone_job *job, struct bd_error *err)
{
	struct bd_guest *guest = &job->new.guest;

	if (bd_guest_set_name(guest, request->name, err) != 0)
		return -1;
	/* A config without a type is pv, as xl.cfg(5) has it. */
	if (bd_guest_type_parse(*job->source.type ? job->source.type : "pv", &guest->type, err) != 0)
		return bd_wrap(err, "%s: type", job->source.path);
	if (create_decide_identity(request, &job->new.identity, err) != 0 ||
	    decide_networks(request, job, err) != 0 || decide_paths(job, err) != 0)
		return -1;
	decide_size(request, job);
	job->new.start = request->start;
	job->new.wait_s = request->wait_s;
	job->new.never_reports = bd_cfg_never_reports(&job->source);
	return create_decide_numbers(&job->new, err);
}
