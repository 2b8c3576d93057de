/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partitions by libblkid; volumes as grub-fstest names them. */
#include "bootloader/reading/device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "disk/ext_partition.h"
#include "disk/partitions.h"

#define DISK "hd0"
#define GRUB_DISK "loop0" /* what grub-fstest calls the only file that it gets */
/* To look for it, libblkid reads 1 MiB of each partition, a quarter of the time that a guest on ext4 takes without the copy. It is GRUB that
 * would read it, and knows it. */
#define PASSED_OVER "zfs_member"

void bd_boot_devices_dispose(struct bd_boot_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++) {
		bd_places_close(&devices->items[i]->fs);
		free(devices->items[i]);
	}
	free(devices->items);
	*devices = (struct bd_boot_devices){ 0 };
}

enum bd_boot_device_kind bd_boot_device_kind(const struct bd_boot_device *device)
{
	if (device->is_ext)
		return BD_BOOT_DEVICE_EXT;
	return device->is_known ? BD_BOOT_DEVICE_KNOWN : BD_BOOT_DEVICE_OTHER;
}

static int add(struct bd_boot_devices *devices, struct bd_boot_device **device_out, struct bd_error *err)
{
	if (devices->count == BD_BOOT_DEVICES_MAX)
		return bd_fail(err, E2BIG, "there are more than %d partitions and volumes", BD_BOOT_DEVICES_MAX);
	if (bd_array_grow(devices->items, devices->count, err) != 0)
		return -1;
	struct bd_boot_device *device = calloc(1, sizeof(*device));
	if (!device)
		return bd_no_memory(err);
	devices->items[devices->count++] = *device_out = device;
	return 0;
}

static void set_names(struct bd_boot_device *device, const char *table)
{
	char part[32] = "";

	if (device->number)
		snprintf(part, sizeof(part), ",%s%d", table, device->number);
	snprintf(device->name, sizeof(device->name), DISK "%s", part);
	snprintf(device->grub_name, sizeof(device->grub_name), GRUB_DISK "%s", part);
}

/* What no boot loader has its files on. */
static bool is_dropped(const struct bd_partition *partition)
{
	static const char *const types[] = { "swap",	    "swsuspend", "LVM2_member", "linux_raid_member",
					     "crypto_LUKS", NULL };

	return bd_text_is_any(partition->type, types);
}

static bool has_case_of_its_own(const char *type)
{
	static const char *const types[] = { "fat", "vfat", "exfat", "iso9660", "ntfs", "udf", NULL };

	return !bd_text_is_any(type, types);
}

/* type: as libblkid or GRUB calls it. */
static void set_filesystem(struct bd_boot_device *device, const char *type, const char *uuid, const char *label)
{
	device->is_btrfs = strcmp(type, "btrfs") == 0;
	device->ignores_case = !has_case_of_its_own(type);
	snprintf(device->uuid, sizeof(device->uuid), "%s", uuid);
	snprintf(device->label, sizeof(device->label), "%s", label);
}

/* What nearly all images have, and libblkid and GRUB see alike. */
static bool is_known(const char *type)
{
	static const char *const types[] = { "xfs", "btrfs", "vfat", NULL };

	return bd_text_is_any(type, types);
}

static int take_partition(struct bd_boot_devices *devices, const struct bd_partition *partition, const char *table,
			  struct bd_error *err)
{
	struct bd_boot_device *device;

	if (add(devices, &device, err) != 0)
		return -1;
	device->number = partition->number;
	device->offset_bytes = partition->offset_bytes;
	device->is_active = partition->is_active;
	device->is_ext = bd_is_ext(partition);
	device->is_known = is_known(partition->type);
	device->is_dropped = is_dropped(partition);
	set_filesystem(device, partition->type, partition->uuid, partition->label);
	set_names(device, table);
	return 0;
}

static int take_whole(int fd, uint64_t offset_bytes, struct bd_boot_devices *devices, struct bd_error *err)
{
	struct bd_partition whole = { .offset_bytes = offset_bytes };

	bd_partition_probe(fd, PASSED_OVER, &whole);
	return take_partition(devices, &whole, "", err);
}

int bd_boot_devices_read(int fd, bool has_offset, uint64_t offset_bytes, struct bd_boot_devices *devices_out,
			 struct bd_error *err)
{
	BD_DISPOSE(bd_boot_devices_dispose) struct bd_boot_devices devices = { 0 };
	BD_DISPOSE(bd_partitions_dispose) struct bd_partitions partitions = { 0 };

	if (!has_offset && bd_partitions_read_but(fd, PASSED_OVER, &partitions, err) != 0)
		return -1;
	for (size_t i = 0; i < partitions.count; i++)
		if (take_partition(&devices, &partitions.items[i], partitions.is_gpt ? "gpt" : "msdos", err) != 0)
			return -1;
	if (!partitions.count && take_whole(fd, offset_bytes, &devices, err) != 0)
		return -1;
	*devices_out = bd_take_struct(devices);
	return 0;
}

/* The number of a partition of the first disk in GRUB's name of it; 0: it is none. */
static int partition_number(const char *name)
{
	static const char *const tables[] = { "gpt", "msdos", "" };

	if (!bd_text_begins_with(name, DISK ","))
		return 0;
	name += strlen(DISK ",");
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		size_t size = strlen(tables[i]);
		if (strncmp(name, tables[i], size) != 0)
			continue;
		const char *digits = name + size;
		if (*digits && strlen(digits) <= 5 && !digits[strspn(digits, "0123456789")])
			return atoi(digits);
	}
	return 0;
}

struct bd_boot_device *bd_boot_devices_find(const struct bd_boot_devices *devices, const char *name)
{
	int number = partition_number(name);

	for (size_t i = 0; i < devices->count; i++) {
		struct bd_boot_device *device = devices->items[i];
		if (strcmp(device->name, name) == 0 || (number && device->number == number))
			return device;
	}
	return NULL;
}

/* --- what grub-fstest says ---------------------------------------------------------------------------------------- */

/* "loop0,gpt2" is ours; "lvm/vg-root", "md/0", "mduuid/…" are made of what is on the disk. */
static bool is_volume(const char *grub_name)
{
	return bd_text_begins_with(grub_name, "lvm/") || bd_text_begins_with(grub_name, "md/") ||
	       bd_text_begins_with(grub_name, "ldm/");
}

static struct bd_boot_device *find_by_grub_name(const struct bd_boot_devices *devices, const char *grub_name)
{
	for (size_t i = 0; i < devices->count; i++)
		if (strcmp(devices->items[i]->grub_name, grub_name) == 0)
			return devices->items[i];
	return NULL;
}

int bd_boot_devices_take(struct bd_boot_devices *devices, const char *grub_name, const char *type, const char *uuid,
			 const char *label, struct bd_error *err)
{
	struct bd_boot_device *device = find_by_grub_name(devices, grub_name);

	if (!device) {
		if (!*type || !is_volume(grub_name) || strlen(grub_name) >= BD_BOOTMENU_DEVICE_SIZE)
			return 0;
		if (add(devices, &device, err) != 0)
			return -1;
		snprintf(device->name, sizeof(device->name), "%s", grub_name);
		snprintf(device->grub_name, sizeof(device->grub_name), "%s", grub_name);
	}
	if (device->is_ext)
		return 0;
	device->is_dropped = !*type;
	set_filesystem(device, type, uuid, label);
	return 0;
}
