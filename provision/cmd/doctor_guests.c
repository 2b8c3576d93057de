/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of `doctor` on the guests: room for their disks, their cfgs, and what has lost its other half. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "cmd/doctor.h"
#include "cmd/guest_autostart.h"
#include "guest/guest.h"

/* With less than this not even an empty disk is made. */
#define LEAST_ROOM_BYTES (UINT64_C(64) << 20)

static bool ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name), suffix_length = strlen(suffix);

	return length > suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

/* What sparse disks have not taken yet of the size that their guests see. */
static uint64_t growth_bytes(const char *image_dir)
{
	BD_CLOSEDIR DIR *folder = opendir(image_dir);
	uint64_t sum = 0;

	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		struct stat there;
		if (!ends_in(entry->d_name, ".img") || fstatat(dirfd(folder), entry->d_name, &there, 0) != 0 ||
		    !S_ISREG(there.st_mode))
			continue;
		uint64_t taken = (uint64_t)there.st_blocks * 512;
		if ((uint64_t)there.st_size > taken)
			sum += (uint64_t)there.st_size - taken;
	}
	return sum;
}

static void judge_room(struct doctor *doctor, uint64_t free_bytes)
{
	uint64_t more_bytes = growth_bytes(doctor->image_dir);
	char room[32], more[32];

	bd_format_size(free_bytes, room, sizeof(room));
	bd_format_size(more_bytes, more, sizeof(more));
	if (free_bytes < LEAST_ROOM_BYTES) {
		doctor_found(doctor, "disk_space", DOCTOR_PROBLEM, "%s is full: %s free", doctor->image_dir, room);
		doctor_advise(doctor, "make room: a guest that writes to a full disk gets errors");
	} else if (more_bytes > free_bytes) {
		doctor_found(doctor, "disk_space", DOCTOR_WARNING,
			     "%s has %s free, and the disks in it may grow by %s until they are full",
			     doctor->image_dir, room, more);
		doctor_advise(doctor, "watch it, or make room before the guests fill their disks");
	} else {
		doctor_found(doctor, "disk_space", DOCTOR_OK, "%s has %s free; the disks in it may grow by %s",
			     doctor->image_dir, room, more);
	}
}

void doctor_check_disk_space(struct doctor *doctor)
{
	struct statvfs there;

	if (statvfs(doctor->image_dir, &there) == 0) {
		judge_room(doctor, (uint64_t)there.f_bavail * there.f_frsize);
		doctor_look_for_leftovers(doctor, "disk_space", doctor->image_dir);
		return;
	}
	if (errno == ENOENT && doctor->in_system_folders) {
		doctor_found(doctor, "disk_space", DOCTOR_OK, "%s is made with the first guest", doctor->image_dir);
		return;
	}
	doctor_found(doctor, "disk_space", DOCTOR_PROBLEM, "%s cannot be looked at: %s", doctor->image_dir,
		     strerror(errno));
	doctor_advise(doctor, "see that the folder is there, and mounted");
}

/* A MAC, UUID, name or disk and whose it is. */
struct belonging {
	const char *kind; /* "MAC address" */
	char *value;
	const char *guest;
};

struct belongings {
	struct belonging *items;
	size_t count;
};

static void add_belonging(struct doctor *doctor, struct belongings *all, const char *kind, const char *value,
			  const char *guest)
{
	struct belonging *grown = realloc(all->items, (all->count + 1) * sizeof(*grown));
	char *copy = strdup(value);

	if (grown)
		all->items = grown;
	if (!grown || !copy) {
		free(copy);
		doctor->out_of_memory = true;
		return;
	}
	all->items[all->count++] = (struct belonging){ kind, copy, guest };
}

static int compare_belongings(const void *a_pointer, const void *b_pointer)
{
	const struct belonging *a = a_pointer, *b = b_pointer;
	int by_kind = strcmp(a->kind, b->kind);

	return by_kind ? by_kind : strcmp(a->value, b->value);
}

static void collect_belongings(struct doctor *doctor, const struct bd_cfg *cfg, struct belongings *all)
{
	char text[BD_UUID_TEXT_SIZE];

	add_belonging(doctor, all, "name", cfg->name, cfg->path);
	if (cfg->has_uuid) {
		bd_format_uuid(cfg->uuid, text);
		add_belonging(doctor, all, "uuid", text, cfg->path);
	}
	for (size_t i = 0; i < cfg->disk_count; i++)
		add_belonging(doctor, all, "disk", cfg->disks[i], cfg->path);
	for (size_t i = 0; i < cfg->vif_count; i++)
		if (cfg->vifs[i].has_mac) {
			bd_mac_format(cfg->vifs[i].mac, text);
			add_belonging(doctor, all, "MAC address", text, cfg->path);
		}
}

/* Two cfgs of one guest (a copy that was kept) have all in common; that is said once for each thing. */
static void report_twice(struct doctor *doctor)
{
	struct belongings all = { 0 };

	for (size_t i = 0; i < doctor->cfgs.count; i++)
		collect_belongings(doctor, &doctor->cfgs.items[i], &all);
	if (all.count)
		qsort(all.items, all.count, sizeof(*all.items), compare_belongings);
	for (size_t i = 1; i < all.count; i++) {
		const struct belonging *one = &all.items[i - 1], *other = &all.items[i];
		if (compare_belongings(one, other) != 0 || strcmp(one->guest, other->guest) == 0)
			continue;
		doctor_found(doctor, "cfgs", DOCTOR_WARNING, "%s and %s have the same %s %s", one->guest,
			     other->guest, other->kind, other->value);
		doctor_advise(doctor,
			      "never run both at once; give one of them its own (xen-bigdisk clone makes a copy with "
			      "an identity of its own)");
	}
	for (size_t i = 0; i < all.count; i++)
		free(all.items[i].value);
	free(all.items);
}

void doctor_check_cfgs(struct doctor *doctor)
{
	struct bd_error err = BD_ERROR_INIT;

	if (bd_cfgs_read(doctor->cfg_dir, &doctor->cfgs, &err) != 0) {
		bool not_yet = err.code == ENOENT && doctor->in_system_folders;
		doctor_found(doctor, "cfgs", not_yet ? DOCTOR_OK : DOCTOR_PROBLEM, "%s", err.message);
		if (!not_yet)
			doctor_advise(doctor, "see that the folder is there, and who may read it");
		return;
	}
	for (size_t i = 0; i < doctor->cfgs.unreadable_count; i++) {
		doctor_found(doctor, "cfgs", DOCTOR_PROBLEM, "%s", doctor->cfgs.unreadable[i]);
		doctor_advise(doctor, "correct it; xen-bigdisk config FILE says whether it is right");
	}
	report_twice(doctor);
	doctor_found(doctor, "cfgs", DOCTOR_OK, "%zu guest%s in %s", doctor->cfgs.count,
		     doctor->cfgs.count == 1 ? "" : "s", doctor->cfg_dir);
	if (strcmp(doctor->cfg_dir, doctor->image_dir) != 0)
		doctor_look_for_leftovers(doctor, "cfgs", doctor->cfg_dir);
}

static bool is_missing(const char *path)
{
	return path && path[0] == '/' && access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

static size_t report_missing(struct doctor *doctor, const struct bd_cfg *cfg, const char *what, const char *path)
{
	if (!is_missing(path))
		return 0;
	doctor_found(doctor, "disks", DOCTOR_PROBLEM, "%s of %s is not there: %s", what, cfg->name, path);
	doctor_advise(doctor, "put it back, or correct %s, or remove the guest: xen-bigdisk rm %s%s%s", cfg->path,
		      cfg->name, doctor->in_system_folders ? "" : " --dir ",
		      doctor->in_system_folders ? "" : doctor->cfg_dir);
	return 1;
}

void doctor_check_disks(struct doctor *doctor)
{
	size_t missing = 0, disks = 0;

	for (size_t i = 0; i < doctor->cfgs.count; i++) {
		const struct bd_cfg *cfg = &doctor->cfgs.items[i];
		for (size_t disk = 0; disk < cfg->disk_count; disk++, disks++)
			missing += report_missing(doctor, cfg, "the disk", cfg->disks[disk]);
		missing += report_missing(doctor, cfg, "the kernel", cfg->kernel);
		missing += report_missing(doctor, cfg, "the initramfs", cfg->ramdisk);
	}
	if (!missing)
		doctor_found(doctor, "disks", DOCTOR_OK, "%zu, all there", disks);
}

/* Files are compared by what they are, whatever path leads to them. */
struct file_id {
	dev_t device;
	ino_t inode;
};

static int compare_ids(const void *a_pointer, const void *b_pointer)
{
	const struct file_id *a = a_pointer, *b = b_pointer;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static size_t add_id(const char *path, struct file_id *id_out)
{
	struct stat there;

	if (!path || stat(path, &there) != 0)
		return 0;
	*id_out = (struct file_id){ there.st_dev, there.st_ino };
	return 1;
}

/* The files that cfgs name, in order; NULL: out of memory. */
static struct file_id *collect_named(const struct bd_cfgs *cfgs, size_t *count_out)
{
	size_t limit = 1, count = 0;

	for (size_t i = 0; i < cfgs->count; i++)
		limit += cfgs->items[i].disk_count + 2;
	struct file_id *named = calloc(limit, sizeof(*named));
	for (size_t i = 0; named && i < cfgs->count; i++) {
		const struct bd_cfg *cfg = &cfgs->items[i];
		for (size_t disk = 0; disk < cfg->disk_count; disk++)
			count += add_id(cfg->disks[disk], &named[count]);
		count += add_id(cfg->kernel, &named[count]);
		count += add_id(cfg->ramdisk, &named[count]);
	}
	if (named)
		qsort(named, count, sizeof(*named), compare_ids);
	*count_out = count;
	return named;
}

static bool is_guest_file(const char *name)
{
	return name[0] != '.' && (ends_in(name, ".img") || ends_in(name, ".vmlinuz") || ends_in(name, ".initramfs"));
}

static void report_unused(struct doctor *doctor, const char *name, const struct stat *there)
{
	char taken[32];

	bd_format_size((uint64_t)there->st_blocks * 512, taken, sizeof(taken));
	doctor_found(doctor, "unused", DOCTOR_WARNING, "no cfg in %s names %s/%s, which takes %s", doctor->cfg_dir,
		     doctor->image_dir, name, taken);
	doctor_advise(doctor, "if no guest elsewhere uses it, remove it: rm '%s/%s'", doctor->image_dir, name);
}

void doctor_check_unused(struct doctor *doctor)
{
	BD_CLOSEDIR DIR *folder = opendir(doctor->image_dir);
	size_t named_count, unused = 0;
	BD_FREE struct file_id *named = collect_named(&doctor->cfgs, &named_count);

	if (!named) {
		doctor->out_of_memory = true;
		return;
	}
	if (doctor->cfgs.unreadable_count) {
		doctor_found(doctor, "unused", DOCTOR_UNCHECKED, "a cfg that cannot be read may name any file");
		return;
	}
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		struct stat there;
		if (!is_guest_file(entry->d_name) || fstatat(dirfd(folder), entry->d_name, &there, 0) != 0 ||
		    !S_ISREG(there.st_mode))
			continue;
		struct file_id id = { there.st_dev, there.st_ino };
		if (bsearch(&id, named, named_count, sizeof(id), compare_ids))
			continue;
		report_unused(doctor, entry->d_name, &there);
		unused++;
	}
	if (!unused)
		doctor_found(doctor, "unused", DOCTOR_OK, "each disk and kernel in %s belongs to a guest",
			     doctor->image_dir);
}

void doctor_check_autostart(struct doctor *doctor)
{
	BD_CLOSEDIR DIR *folder = doctor->in_system_folders ? opendir(GUEST_AUTOSTART_FOLDER) : NULL;
	size_t good = 0, broken = 0;

	if (!doctor->in_system_folders) {
		doctor_found(doctor, "autostart", DOCTOR_UNCHECKED,
			     "only guests of " GUEST_CFG_FOLDER " start with dom0");
		return;
	}
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		struct stat there;
		if (entry->d_name[0] == '.')
			continue;
		if (fstatat(dirfd(folder), entry->d_name, &there, 0) == 0) {
			good++;
			continue;
		}
		broken++;
		doctor_found(doctor, "autostart", DOCTOR_WARNING, GUEST_AUTOSTART_FOLDER "/%s leads to no cfg",
			     entry->d_name);
		doctor_advise(doctor, "remove it: rm '" GUEST_AUTOSTART_FOLDER "/%s'", entry->d_name);
	}
	if (!broken)
		doctor_found(doctor, "autostart", DOCTOR_OK, "%zu guest%s with dom0", good,
			     good == 1 ? " starts" : "s start");
}
