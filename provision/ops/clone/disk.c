/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inspects the disk of a guest that is to be copied, and decides what changes in the copy.
 *
 * Swap keeps its UUID: guests never see each other's swap, and initramfs images contain it (RESUME=UUID=...); one
 * that looks for it in vain delays the boot by half a minute. */
#include "ops/clone/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "disk/mbr.h"
#include "disk/redo.h"
#include "initramfs/lack.h"
#include "inside/blocks.h"
#include "inside/root.h"
#include "inside/survey/survey.h"
#include "ops/clone/further.h"
#include "ops/clone/mounted.h"
#include "ops/clone/source.h"
#include "ops/create/lacks.h"
#include "rootfs/detect.h"
#include "rootfs/overlay.h"
#include "selinux/label_tree.h"
#include "virtual_disk/magic.h"
#include "xlcfg/network.h"

static int open_volume(struct clone_job *job, struct bd_error *err)
{
	const char *path = job->source.disks[0];

	if (bd_device_open(path, BD_DEVICE_LOOK, &job->source_device, err) != 0)
		return bd_wrap(err, "cannot copy the disk of %s", job->source.name);
	job->source_fd = fcntl(job->source_device.fd, F_DUPFD_CLOEXEC, 0);
	job->size_bytes = job->source_device.size_bytes;
	return job->source_fd < 0 ? bd_fail_errno(err, "cannot open %s", path) : 0;
}

static int open_disk(struct clone_job *job, struct bd_error *err)
{
	const char *path = job->source.disks[0];

	if (!create_makes_volume(&job->new))
		return clone_source_open(job, path, &job->source_fd, &job->size_bytes, err);
	return bd_redo_complete(path, err) == 0 ? open_volume(job, err) : -1;
}

static int take_swap(struct clone_disk *disk, const struct bd_survey_region *region, struct bd_error *err)
{
	if (disk->has_swap)
		return bd_fail(err, ENOTSUP, "the disk has several swap partitions");
	if (!region->has_uuid)
		return bd_fail(err, ENOTSUP, "the swap partition has an unknown format");
	memcpy(disk->swap_uuid, region->uuid, sizeof(disk->swap_uuid));
	disk->has_swap = true;
	return 0;
}

/* Of several filesystems, the root's is the one that has a system in it, as in all other commands. */
static int find_root(const struct clone_job *job, const struct bd_survey *survey, int *number_out,
		     struct bd_error *err)
{
	BD_DISPOSE(bd_fs_blocks_dispose) struct bd_fs_blocks blocks = { 0 };
	size_t count = 0;

	*number_out = 0;
	for (size_t i = 0; i < survey->region_count; i++) {
		const struct bd_survey_region *region = &survey->regions[i];
		if (region->kind != BD_SURVEY_PARTITION || !bd_survey_is_ext(region))
			continue;
		count++;
		*number_out = region->number;
	}
	if (count < 2)
		return 0;
	if (bd_fs_blocks_read(job->source_fd, 0, &blocks, err) != 0)
		return err->code == EINVAL
			       ? bd_fail(err, ENOTSUP,
					 "it has %zu filesystems, and not exactly one of them has a system in it",
					 count)
			       : -1;
	*number_out = blocks.partition;
	return 0;
}

static int take_partition(struct clone_job *job, const struct bd_survey_region *region, int root_number,
			  struct bd_error *err)
{
	struct clone_disk *disk = &job->disk;

	if (disk->partition_count == sizeof(disk->partition_numbers) / sizeof(*disk->partition_numbers))
		return bd_fail(err, ENOTSUP, "the disk has too many partitions");
	disk->partition_numbers[disk->partition_count++] = region->number;
	if (region->kind == BD_SURVEY_SWAP)
		return take_swap(disk, region, err);
	if (bd_survey_is_ext(region) && region->number != root_number)
		return clone_further_add(job, region->number, region->start_bytes, region->size_bytes, err);
	if (bd_survey_is_ext(region)) {
		disk->root_partition = region->number;
		disk->root_offset_bytes = region->start_bytes;
		disk->root_size_bytes = region->size_bytes;
		return 0;
	}
	if (strcmp(region->content, "nothing recognised") == 0)
		return 0;
	return bd_fail(
		err, ENOTSUP,
		"partition %d holds %s; only a disk with ext2, ext3 or ext4 filesystems and at most one swap partition can be cloned",
		region->number, region->content);
}

static int find_partitions(struct clone_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_survey_dispose) struct bd_survey survey = { 0 };
	struct clone_disk *disk = &job->disk;
	const char *whole = "";
	int root_number;

	if (bd_survey_image(job->source_fd, &(struct bd_survey_request){ .only_regions = true }, &survey, err) != 0 ||
	    find_root(job, &survey, &root_number, err) != 0)
		return -1;
	disk->has_table = survey.table != BD_SURVEY_NO_TABLE;
	disk->signature = survey.disk_signature;
	for (size_t i = 0; i < survey.region_count; i++) {
		const struct bd_survey_region *region = &survey.regions[i];
		if (region->number && take_partition(job, region, root_number, err) != 0)
			return -1;
		if (region->kind == BD_SURVEY_WHOLE && bd_survey_is_ext(region))
			disk->root_size_bytes = region->size_bytes;
		else if (region->kind == BD_SURVEY_WHOLE)
			whole = region->content;
	}
	if (!disk->root_size_bytes)
		return bd_fail(err, ENOTSUP, "the disk has no partition with an ext2, ext3 or ext4 filesystem%s%s",
			       *whole ? ": it holds " : "", whole);
	if (survey.table == BD_SURVEY_GPT)
		return bd_fail(err, ENOTSUP,
			       "the disk has a GPT, which is not supported; only MBR partition tables are");
	return 0;
}

static int add_addresses(struct bd_word_changes *changes, const struct bd_network *old, const struct bd_network *to,
			 struct bd_error *err)
{
	for (size_t i = 0; i < old->address_count && i < to->address_count; i++)
		if (bd_word_changes_add(changes, old->addresses[i].text, to->addresses[i].text, err) != 0)
			return -1;
	for (size_t i = 0; i < old->address6_count && i < to->address6_count; i++)
		if (bd_word_changes_add(changes, old->addresses6[i].text, to->addresses6[i].text, err) != 0)
			return -1;
	return 0;
}

static int fill_renewal(struct clone_job *job, struct bd_error *err)
{
	const struct bd_guest *guest = &job->new.guest;
	const struct clone_disk *disk = &job->disk;
	struct bd_renewal *renewal = &job->renewal;

	renewal->old_name = job->source.name;
	renewal->new_name = guest->name;
	if (clone_source_change_uuid(&renewal->disk, disk->root_uuid, guest->root_uuid, err) != 0)
		return -1;
	for (size_t i = 0; disk->signature && i < disk->partition_count; i++) {
		char from[BD_MBR_PARTITION_UUID_SIZE], to[BD_MBR_PARTITION_UUID_SIZE];
		bd_mbr_partition_uuid(disk->signature, disk->partition_numbers[i], from);
		bd_mbr_partition_uuid(guest->disk_signature, disk->partition_numbers[i], to);
		if (bd_word_changes_add(&renewal->disk, from, to, err) != 0)
			return -1;
	}
	for (size_t i = 0; i < guest->networks.count; i++) {
		struct bd_network old;
		bd_cfg_network(&job->source, i, &old);
		if (add_addresses(&renewal->addresses, &old, &guest->networks.items[i], err) != 0)
			return -1;
	}
	return 0;
}

/* What the host says for all of its guests is no reason to refuse a copy in which nothing would do it. */
static void drop_default(const struct clone_job *job, const struct bd_system *system)
{
	struct bd_network *network = job->new.guest.networks.items;

	if (network && job->ip6_is_default && system->network == BD_NETWORK_NONE && !system->cloud_init)
		network->ip6 = BD_IP6_AUTO;
}

/* All of it is read from the source, so that what is refused is refused before anything is copied. */
static int fill_tree(struct clone_job *job, struct bd_inside_root *root, struct bd_error *err)
{
	const struct bd_root_reader own = bd_inside_root_reader(root);
	struct clone_mounted mounted;
	struct bd_root_facts etc;
	struct bd_system system;

	if (clone_mounted_open(job, &own, &mounted, err) != 0)
		return -1;
	const struct bd_root_reader reader = clone_mounted_reader(&mounted);
	const struct bd_overlay overlay = { .root = &reader, .tree = &job->tree };
	if (bd_renewal_label(&job->renewal, job->disk.label, &overlay, job->disk.new_label, err) != 0 ||
	    reader.look(reader.source, "/etc", true, &etc, err) != 0)
		return -1;
	if (!S_ISDIR(etc.mode))
		return 0; /* an empty disk stays empty */
	if (bd_system_detect_root(&reader, &system, err) != 0 || bd_initramfs_look(&reader, &system, err) != 0)
		return bd_wrap(err, "cannot detect the operating system on the disk");
	create_warn_of_lacks(&job->new, &system);
	drop_default(job, &system);
	if (bd_identity_reapply(&job->new.identity, &job->new.guest, &job->renewal, &system, &reader, &job->tree,
				&job->identity, err) != 0)
		return -1;
	if (bd_selinux_label_tree(&overlay, job->new.guest.name, err) != 0)
		return -1;
	return clone_mounted_split(job, err);
}

int clone_disk_look(struct clone_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_inside_root_dispose) struct bd_inside_root root = BD_INSIDE_ROOT_INIT;
	struct clone_disk *disk = &job->disk;

	if (open_disk(job, err) != 0 || clone_further_look(job, err) != 0)
		return -1;
	if (job->seed_source)
		return 0;
	if (bd_virtual_disk_check_raw(job->source_fd, job->source.disks[0], job->source.disk_formats[0], err) != 0)
		return bd_wrap(err, "%s cannot be cloned", job->source.name);
	if (find_partitions(job, err) != 0 || clone_further_look_at_partitions(job, err) != 0 ||
	    bd_inside_root_open(job->source_fd, disk->root_offset_bytes, disk->root_size_bytes, &root, err) != 0 ||
	    clone_source_check_replayed(job, &root, err) != 0)
		return bd_wrap(err, "%s cannot be copied", job->source.disks[0]);
	memcpy(disk->root_uuid, root.uuid, sizeof(disk->root_uuid));
	memcpy(disk->label, root.label, sizeof(disk->label));
	disk->uuid_in_checksums = root.uuid_in_checksums;
	job->new.guest.has_swap = disk->has_swap;
	memcpy(job->new.guest.swap_uuid, disk->swap_uuid, sizeof(disk->swap_uuid));
	if (fill_renewal(job, err) != 0 || fill_tree(job, &root, err) != 0)
		return bd_wrap(err, "cannot give %s a new identity", job->source.disks[0]);
	return 0;
}
