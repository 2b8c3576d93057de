/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through an fstab with a partition table beside it. */
#include "inside/mounts/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "disk/ext_partition.h"
#include "inside/mounts/device_name.h"
#include "rootfs/fstab_line.h"

#define DEVICE_SIZE 300

struct planning {
	const struct bd_partitions *partitions;
	size_t root;
	const char *(*advice)(const char *type);
	struct bd_mount_plan *plan;
	char root_device[DEVICE_SIZE]; /* as the line of "/" has it; "": there is none */
};

struct entry {
	const struct bd_fstab_line *line;
	char device[DEVICE_SIZE], path[BD_MOUNT_PATH_SIZE];
};

static const char *advice_for(const struct planning *planning, const char *type)
{
	return planning->advice ? planning->advice(type) : "";
}

/* Without these, what is left is no system. */
static bool is_system(const char *path)
{
	static const char *const paths[] = { "/boot", "/usr", "/var", "/etc", "/bin", "/sbin", "/lib", "/lib64" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (strcmp(path, paths[i]) == 0)
			return true;
	return false;
}

bool bd_mount_is_place_of_efi(const char *path)
{
	return strcasecmp(path, "/boot/efi") == 0 || strcasecmp(path, "/efi") == 0;
}

/* A partition with filesystems, or parts of some, that its table knows nothing of. NULL: there is none. */
static const struct bd_partition *find_container(const struct bd_partitions *partitions)
{
	static const char *const types[] = { "LVM2_member", "linux_raid_member", "crypto_LUKS", "zfs_member" };

	for (size_t i = 0; i < partitions->count; i++)
		for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++)
			if (strcmp(partitions->items[i].type, types[t]) == 0)
				return &partitions->items[i];
	return NULL;
}

static int take_absent(const struct planning *planning, const struct entry *entry, struct bd_error *err)
{
	const struct bd_partition *container = find_container(planning->partitions);
	bool may_be_missing = bd_fstab_has_option(entry->line, "nofail") || bd_mount_is_place_of_efi(entry->path);

	if (container && !may_be_missing)
		return bd_fail(
			err, ENOTSUP,
			"its /etc/fstab mounts %s from %s, which may be in partition %d, %s, and is not read%s",
			entry->path, entry->device, container->number, container->type,
			advice_for(planning, container->type));
	/* What else is on other disks is left out of a guest's /etc/fstab. */
	if (!is_system(entry->path) || may_be_missing)
		return 0;
	return bd_fail(
		err, EINVAL,
		"its /etc/fstab mounts %s from %s, which is not on this disk; mount all of it together, and import "
		"the directory",
		entry->path, entry->device);
}

/* Whatever is mounted last is seen; which one that is, is not said where they are not mounted one by one. */
static int add(struct bd_planned_mount *mounts, size_t *count, const struct entry *entry, size_t partition,
	       struct bd_error *err)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(mounts[i].path, entry->path) == 0)
			return mounts[i].partition == partition
				       ? 0
				       : bd_fail(err, EINVAL, "its /etc/fstab mounts two filesystems at %s",
						 entry->path);
	if (*count == BD_MOUNTS_MAX)
		return bd_fail(err, EINVAL, "its /etc/fstab mounts more than %d filesystems", BD_MOUNTS_MAX);
	strcpy(mounts[*count].path, entry->path);
	mounts[(*count)++].partition = partition;
	return 0;
}

static int take_found(struct planning *planning, const struct entry *entry, size_t index, struct bd_error *err)
{
	const struct bd_partition *partition = &planning->partitions->items[index];
	struct bd_mount_plan *plan = planning->plan;

	/* A second look at what is there already; swap, whatever is said to be mounted there. */
	if (index == planning->root || strcmp(partition->type, "swap") == 0)
		return 0;
	if (strcmp(partition->type, "vfat") == 0 && bd_mount_is_place_of_efi(entry->path))
		return add(plan->left_out, &plan->left_out_count, entry, index, err);
	/* An EFI system partition at /boot has kernels, for systemd-boot. */
	if (bd_is_ext(partition) || strcmp(partition->type, "vfat") == 0)
		return add(plan->mounts, &plan->mount_count, entry, index, err);
	return bd_fail(err, ENOTSUP, "its /etc/fstab mounts %s from partition %d, %s, which is not read%s",
		       entry->path, partition->number, partition->type, advice_for(planning, partition->type));
}

/* False: the line is about nothing that belongs to the root filesystem. */
static bool read_entry(const struct bd_fstab_line *line, struct entry *entry_out)
{
	entry_out->line = line;
	return bd_fstab_is_entry(line) && !bd_fstab_is(&line->fields[BD_FSTAB_TYPE], "swap") &&
	       bd_fstab_names_disk(&line->fields[BD_FSTAB_DEVICE]) &&
	       bd_fstab_decode(&line->fields[BD_FSTAB_DEVICE], entry_out->device, sizeof(entry_out->device)) &&
	       bd_fstab_mount_point(line, entry_out->path, sizeof(entry_out->path));
}

static int take_line(struct planning *planning, const struct bd_fstab_line *line, struct bd_error *err)
{
	struct entry entry;
	size_t index = 0;

	if (!read_entry(line, &entry) || strcmp(entry.path, "/") == 0 || bd_fstab_has_option(line, "noauto"))
		return 0;
	switch (bd_device_name_find(planning->partitions, entry.device, planning->root_device, &index)) {
	case BD_DEVICE_ABSENT:
		return take_absent(planning, &entry, err);
	case BD_DEVICE_FOUND:
		return take_found(planning, &entry, index, err);
	case BD_DEVICE_AMBIGUOUS:
		break;
	}
	return bd_fail(err, EINVAL, "its /etc/fstab mounts %s from %s, which several of its partitions are called",
		       entry.path, entry.device);
}

static void find_root_device(const char *fstab, char device_out[DEVICE_SIZE])
{
	struct bd_fstab_line line;
	struct entry entry;

	device_out[0] = '\0';
	while (!*device_out && bd_fstab_next_line(&fstab, &line))
		if (read_entry(&line, &entry) && strcmp(entry.path, "/") == 0)
			memcpy(device_out, entry.device, DEVICE_SIZE);
}

static int compare(const void *left, const void *right)
{
	return strcmp(((const struct bd_planned_mount *)left)->path, ((const struct bd_planned_mount *)right)->path);
}

int bd_mount_plan_make(const struct bd_partitions *partitions, size_t root, const char *fstab,
		       const char *(*advice)(const char *type), struct bd_mount_plan *plan_out, struct bd_error *err)
{
	struct planning planning = { .partitions = partitions, .root = root, .advice = advice, .plan = plan_out };
	struct bd_fstab_line line;

	*plan_out = (struct bd_mount_plan){ .mount_count = 0 };
	if (!fstab)
		return 0;
	find_root_device(fstab, planning.root_device);
	for (const char *at = fstab; bd_fstab_next_line(&at, &line);)
		if (take_line(&planning, &line, err) != 0)
			return -1;
	qsort(plan_out->mounts, plan_out->mount_count, sizeof(*plan_out->mounts), compare);
	return 0;
}
