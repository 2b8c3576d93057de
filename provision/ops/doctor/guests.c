/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of `doctor` on the guests: room for their disks, their configs, and what starts with dom0. */
#include "ops/doctor/guests.h"

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

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "base/text.h"
#include "guest/description.h"
#include "ops/doctor/interrupted_rename.h"
#include "ops/doctor/leftovers.h"
#include "ops/guest/autostart.h"
#include "ops/guest/xendomains.h"
#include "xlcfg/disks.h"
#include "xlcfg/read.h"

/* What sparse disks have not taken yet of the size that their guests see. */
static uint64_t growth_bytes(const char *image_dir)
{
	BD_CLOSEDIR DIR *folder = opendir(image_dir);
	uint64_t sum = 0;

	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		struct stat there;
		if (!bd_text_ends_in(entry->d_name, ".img") ||
		    fstatat(dirfd(folder), entry->d_name, &there, 0) != 0 || !S_ISREG(there.st_mode))
			continue;
		uint64_t taken = (uint64_t)there.st_blocks * S_BLKSIZE;
		if ((uint64_t)there.st_size > taken)
			sum += (uint64_t)there.st_size - taken;
	}
	return sum;
}

/* Who gives a limit for the warning may have sparse disks that outgrow the room on purpose. */
static void judge_room(struct doctor *doctor, uint64_t free_bytes)
{
	uint64_t more_bytes = growth_bytes(doctor->image_dir);
	struct doctor_limits *limits = &doctor->limits;
	bool is_overcommitted = !limits->space_warning_bytes && more_bytes > free_bytes;
	char room[32], more[32];

	if (!limits->space_warning_bytes)
		limits->space_warning_bytes =
			more_bytes > limits->space_critical_bytes ? more_bytes : limits->space_critical_bytes;
	bd_format_size(free_bytes, room, sizeof(room));
	bd_format_size(more_bytes, more, sizeof(more));
	if (free_bytes < limits->space_critical_bytes) {
		doctor_found(doctor, "disk_space", DOCTOR_PROBLEM, "%s is %sfull: %s free", doctor->image_dir,
			     free_bytes ? "nearly " : "", room);
		doctor_advise(doctor, "free some space: guests get I/O errors when it is full");
	} else if (is_overcommitted) {
		doctor_found(doctor, "disk_space", DOCTOR_WARNING,
			     "%s has %s free, but its sparse disks may grow by %s", doctor->image_dir, room, more);
		doctor_advise(doctor, "monitor it, or free space before the guests fill their disks");
	} else if (free_bytes < limits->space_warning_bytes) {
		doctor_found(doctor, "disk_space", DOCTOR_WARNING, "%s has only %s free", doctor->image_dir, room);
		doctor_advise(doctor, "free some space before guests get I/O errors");
	} else {
		doctor_found(doctor, "disk_space", DOCTOR_OK, "%s has %s free; its disks may grow by %s",
			     doctor->image_dir, room, more);
	}
}

void doctor_check_disk_space(struct doctor *doctor)
{
	struct bd_error err = BD_ERROR_INIT;
	struct statvfs there;

	if (statvfs(doctor->image_dir, &there) == 0) {
		doctor->room_bytes = (uint64_t)there.f_blocks * there.f_frsize;
		doctor->free_bytes = (uint64_t)there.f_bavail * there.f_frsize;
		judge_room(doctor, doctor->free_bytes);
		doctor_look_for_leftovers(doctor, "disk_space", doctor->image_dir);
		return;
	}
	if (errno == ENOENT && doctor->in_system_folders) {
		doctor_found(doctor, "disk_space", DOCTOR_OK, "%s is created with the first guest",
			     doctor->image_dir);
		return;
	}
	bd_fail_errno(&err, "cannot look at %s", doctor->image_dir);
	if (doctor_unreadable(doctor, "disk_space", &err))
		doctor_advise(doctor, "check that the directory exists and is mounted");
}

/* A MAC, UUID, name or disk and whose it is. */
struct belonging {
	const char *kind; /* "MAC address" */
	char *value;
	const struct bd_cfg *cfg;
};

struct belongings {
	struct belonging *items;
	size_t count;
};

static void add_belonging(struct doctor *doctor, struct belongings *all, const char *kind, const char *value,
			  const struct bd_cfg *cfg)
{
	char *copy = strdup(value);
	struct bd_error none;

	if (!copy || bd_array_grow(all->items, all->count, &none) != 0) {
		free(copy);
		doctor->out_of_memory = true;
		return;
	}
	all->items[all->count++] = (struct belonging){ kind, copy, cfg };
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

	add_belonging(doctor, all, "name", cfg->name, cfg);
	if (cfg->has_uuid) {
		bd_format_uuid(cfg->uuid, text);
		add_belonging(doctor, all, "uuid", text, cfg);
	}
	for (size_t i = 0; i < cfg->disk_count; i++)
		add_belonging(doctor, all, "disk", cfg->disks[i], cfg);
	for (size_t i = 0; i < cfg->vif_count; i++)
		if (cfg->vifs[i].has_mac) {
			bd_mac_format(cfg->vifs[i].mac, text);
			add_belonging(doctor, all, "MAC address", text, cfg);
		}
}

/* A cfg whose guest runs is not to be changed: its domain would be nobody's. */
static void advise_on_twice(struct doctor *doctor, const struct bd_cfg *one, const struct bd_cfg *other)
{
	const struct bd_toolstack_domain *domain = domains_find(&doctor->domains, one);

	if (!domain)
		domain = domains_find(&doctor->domains, other);
	if (domain)
		doctor_advise(doctor,
			      "never run both at once; domain %" PRIu32 " (%s) is one of them: when it has been "
			      "stopped, give one of them its own",
			      domain->domid, domain->name);
	else
		doctor_advise(doctor,
			      "never run both at once; give one of them its own (xen-bigdisk clone makes a copy with "
			      "an identity of its own)");
}

/* True also where the config cannot be read. */
static bool writes_disk(const char *cfg_path, const char *disk)
{
	BD_FREE char *text = NULL;
	struct bd_error ignored;

	return bd_read_file(cfg_path, BD_CFG_LIMIT_BYTES, &text, NULL, &ignored) != 0 ||
	       bd_xlcfg_writes_disk(text, disk);
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
		if (compare_belongings(one, other) != 0 || one->cfg == other->cfg ||
		    doctor_is_interrupted_rename(one->cfg, other->cfg))
			continue;
		/* A CD image, or a disk that all only read, may be anybody's. */
		if (strcmp(one->kind, "disk") == 0 && !writes_disk(one->cfg->path, one->value) &&
		    !writes_disk(other->cfg->path, other->value))
			continue;
		doctor_found(doctor, "cfgs", DOCTOR_WARNING, "%s and %s have the same %s %s", one->cfg->path,
			     other->cfg->path, other->kind, other->value);
		advise_on_twice(doctor, one->cfg, other->cfg);
	}
	for (size_t i = 0; i < all.count; i++)
		free(all.items[i].value);
	free(all.items);
}

/* One that is not for this user to read is no problem of the host. */
static void report_unreadable(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->cfgs.unreadable_count; i++) {
		const char *message = doctor->cfgs.unreadable[i];
		if (geteuid() != 0 && bd_text_ends_in(message, strerror(EACCES))) {
			doctor_found(doctor, "cfgs", DOCTOR_UNCHECKED, "%s (run doctor as root)", message);
			continue;
		}
		doctor_found(doctor, "cfgs", DOCTOR_PROBLEM, "%s", message);
		doctor_advise(doctor, "correct it; check with: xen-bigdisk config FILE");
	}
}

void doctor_check_cfgs(struct doctor *doctor)
{
	struct bd_error err = BD_ERROR_INIT;

	if (bd_cfgs_read(doctor->cfg_dir, &doctor->cfgs, &err) != 0) {
		bool not_yet = err.code == ENOENT && doctor->in_system_folders;
		doctor->cfgs_unknown = !not_yet;
		if (not_yet)
			doctor_found(doctor, "cfgs", DOCTOR_OK, "%s", err.message);
		else if (doctor_unreadable(doctor, "cfgs", &err))
			doctor_advise(doctor, "check that the directory exists, and its permissions");
		return;
	}
	report_unreadable(doctor);
	report_twice(doctor);
	doctor_found(doctor, "cfgs", DOCTOR_OK, "%zu guest%s in %s", doctor->cfgs.count,
		     doctor->cfgs.count == 1 ? "" : "s", doctor->cfg_dir);
	if (strcmp(doctor->cfg_dir, doctor->image_dir) != 0)
		doctor_look_for_leftovers(doctor, "cfgs", doctor->cfg_dir);
}

void doctor_check_autostart(struct doctor *doctor)
{
	BD_CLOSEDIR DIR *folder = doctor->in_system_folders ? opendir(GUEST_AUTOSTART_FOLDER) : NULL;
	size_t good = 0, broken = 0;

	if (!doctor->in_system_folders) {
		doctor_found(doctor, "autostart", DOCTOR_OK,
			     "nothing to check: only guests in " GUEST_CFG_FOLDER " start with dom0");
		return;
	}
	if (!folder && errno == EACCES) {
		doctor_found(doctor, "autostart", DOCTOR_UNCHECKED,
			     "this user may not read " GUEST_AUTOSTART_FOLDER " (run doctor as root)");
		return;
	}
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		char path[PATH_MAX];
		struct stat there;
		if (entry->d_name[0] == '.')
			continue;
		/* A cfg in a folder that this user may not look into is there as far as anybody can tell. */
		if (fstatat(dirfd(folder), entry->d_name, &there, 0) == 0 || errno == EACCES) {
			good++;
			continue;
		}
		broken++;
		doctor_found(doctor, "autostart", DOCTOR_WARNING, GUEST_AUTOSTART_FOLDER "/%s is a dangling link",
			     entry->d_name);
		snprintf(path, sizeof(path), GUEST_AUTOSTART_FOLDER "/%s", entry->d_name);
		doctor_advise_command(doctor, "remove it", "rm", path);
	}
	enum xendomains_state xendomains = xendomains_look();
	if (good && xendomains != XENDOMAINS_ENABLED) {
		doctor_found(doctor, "autostart", DOCTOR_WARNING,
			     "%zu guest%s set to start with dom0, but the service xendomains is %s", good,
			     good == 1 ? " is" : "s are", xendomains_word(xendomains));
		doctor_advise(doctor, "%s", xendomains_advice(xendomains));
	} else if (!broken) {
		doctor_found(doctor, "autostart", DOCTOR_OK, "%zu guest%s with dom0", good,
			     good == 1 ? " starts" : "s start");
	}
}
