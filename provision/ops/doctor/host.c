/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of `doctor` on the host around Xen: bridge, bootloaders, templates, locks. */
#include "ops/doctor/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/lock.h"
#include "disk/grub.h"
#include "disk/grub_mkimage.h"
#include "ops/doctor/leftovers.h"
#include "ops/host/bootloader.h"
#include "ops/host/host.h"
#include "template/store.h"
#include "template/store_verify.h"
#include "xlcfg/folder.h"

/* xl's own default of `lockfile` in xl.conf(5). */
#define XL_LOCK "/var/lock/xl"

/* Open vSwitch's may have a VLAN or trunk behind their name ("ovsbr0.100", "ovsbr0:1:2"). */
static bool has_bridge(const char *name)
{
	struct bd_error err;
	char own[16];

	snprintf(own, sizeof(own), "%.*s", (int)strcspn(name, ".:"), name);
	return bd_host_check_bridge(name, &err) == 0 || (*own && bd_host_check_bridge(own, &err) == 0);
}

static bool is_on(const struct bd_cfg *cfg, const char *bridge)
{
	for (size_t i = 0; i < cfg->vif_count; i++)
		if (strcmp(cfg->vifs[i].bridge, bridge) == 0)
			return true;
	return false;
}

/* The guests that are on it, for people. */
static void describe_users(const struct bd_cfgs *cfgs, const char *bridge, char *text_out, size_t size)
{
	const char *first = NULL;
	size_t others = 0;

	for (size_t i = 0; i < cfgs->count; i++) {
		if (!is_on(&cfgs->items[i], bridge))
			continue;
		others += first != NULL;
		first = first ? first : cfgs->items[i].name;
	}
	if (!first)
		snprintf(text_out, size, "%s", "no guest is on it");
	else if (!others)
		snprintf(text_out, size, "%.100s is on it", first);
	else
		snprintf(text_out, size, "%.100s and %zu other%s are on it", first, others, others == 1 ? "" : "s");
}

static void check_bridge(struct doctor *doctor, const char *name)
{
	char users[160];

	describe_users(&doctor->cfgs, name, users, sizeof(users));
	if (has_bridge(name) && bd_host_bridge_is_down(name)) {
		doctor_found(doctor, "bridge", DOCTOR_WARNING, "%s is down; %s", name, users);
		doctor_advise(doctor, "ip link set %s up", name);
		return;
	}
	if (has_bridge(name)) {
		doctor_found(doctor, "bridge", DOCTOR_OK, "%s is there; %s", name, users);
		return;
	}
	doctor_found(doctor, "bridge", DOCTOR_PROBLEM, "bridge %s does not exist; %s", name, users);
	doctor_advise(
		doctor,
		"create a bridge %s, or name another: in the guests' cfgs (vif), and for new guests in " BD_SYSCONFDIR
		"/xen/xl.conf: vif.default.bridge=\"NAME\"",
		name);
}

/* The first of all the interfaces to name it, so that each bridge is looked at once. */
static bool is_first(const struct bd_cfgs *cfgs, size_t number, size_t vif)
{
	const char *bridge = cfgs->items[number].vifs[vif].bridge;

	for (size_t i = 0; i < vif; i++)
		if (strcmp(cfgs->items[number].vifs[i].bridge, bridge) == 0)
			return false;
	for (size_t i = 0; i < number; i++)
		if (is_on(&cfgs->items[i], bridge))
			return false;
	return true;
}

void doctor_check_bridge(struct doctor *doctor)
{
	const struct bd_cfgs *cfgs = &doctor->cfgs;
	bool named = doctor->bridge != NULL;
	char usual[16];

	if (doctor->bridge)
		check_bridge(doctor, doctor->bridge);
	for (size_t i = 0; i < cfgs->count; i++)
		for (size_t vif = 0; vif < cfgs->items[i].vif_count; vif++) {
			const char *bridge = cfgs->items[i].vifs[vif].bridge;
			named |= *bridge != '\0';
			if (*bridge && is_first(cfgs, i, vif) &&
			    (!doctor->bridge || strcmp(doctor->bridge, bridge) != 0))
				check_bridge(doctor, bridge);
		}
	if (named)
		return;
	bd_host_default_bridge(usual);
	check_bridge(doctor, usual);
}

void doctor_check_pygrub(struct doctor *doctor)
{
	struct bd_error err = BD_ERROR_INIT;
	char path[PATH_MAX];

	if (bd_host_find_bootloader("pygrub", path, sizeof(path), NULL, &err) == 0) {
		doctor_found(doctor, "pygrub", DOCTOR_OK, "%s", path);
		return;
	}
	doctor_found(doctor, "pygrub", doctor->has_xen ? DOCTOR_PROBLEM : DOCTOR_WARNING,
		     "pygrub is not installed: guests that boot with it (the default) cannot start");
	doctor_advise(
		doctor,
		"install Xen's tools (Debian: xen-utils), or create guests with --boot bigdisk or --boot pvgrub");
}

void doctor_check_grub(struct doctor *doctor)
{
	struct bd_error err = BD_ERROR_INIT;
	char folder[PATH_MAX];

	if (bd_grub2_check(folder, sizeof(folder), &err) == 0) {
		doctor_found(doctor, "grub", DOCTOR_OK, "GRUB's images for the boot sector are in %s", folder);
		return;
	}
	doctor_found(doctor, "grub", DOCTOR_PROBLEM, "%s", err.message);
	doctor_advise(doctor, "install grub-common and grub-pc-bin");
}

/* Only guests that are made with --boot pvgrub need it. */
void doctor_check_pvgrub(struct doctor *doctor)
{
	static const enum bd_guest_type types[] = { BD_GUEST_PV, BD_GUEST_PVH };
	struct bd_error err = BD_ERROR_INIT;

	for (size_t i = 0; i < 2; i++) {
		const char *path, *type = bd_guest_type_name(types[i]);
		if (bd_host_find_pvgrub(types[i], &path, &err) == 0)
			doctor_found(doctor, "pvgrub", DOCTOR_OK, "for %s guests: %s", type, path);
		else
			doctor_found(
				doctor, "pvgrub", DOCTOR_OK,
				"not installed for %s guests; --boot pvgrub would need it (Debian: grub-xen-host)",
				type);
	}
}

static void report_template(struct doctor *doctor, const char *name, const struct bd_error *err)
{
	if (!doctor_unreadable(doctor, "templates", err))
		return;
	if (err->code == ENOTSUP)
		doctor_advise(doctor, "install a newer xen-bigdisk");
	else if (err->code == EPERM)
		doctor_advise(doctor, "see who may write there, and whether it is still what was put there");
	else
		doctor_advise_command(
			doctor,
			"recreate it under another name, by import or build; when that works, remove this one",
			"xen-bigdisk template rm", name);
}

void doctor_check_templates(struct doctor *doctor)
{
	BD_DISPOSE(bd_store_names_dispose) struct bd_store_names names = { 0 };
	struct bd_error err = BD_ERROR_INIT;
	struct bd_store store;
	size_t good = 0;

	if (bd_store_open(doctor->templates, &store, &err) != 0 || bd_store_list(&store, &names, &err) != 0) {
		if (doctor_unreadable(doctor, "templates", &err))
			doctor_advise(doctor, "check the directory's permissions, or use --templates");
		return;
	}
	for (size_t i = 0; i < names.count; i++) {
		BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
		bd_stored_init(&stored);
		if (bd_store_get(&store, names.names[i], &stored, &err) == 0 && bd_stored_check(&stored, &err) == 0)
			good++;
		else if (err.code != ENOENT) /* else removed meanwhile */
			report_template(doctor, names.names[i], &err);
	}
	if (good || !names.count)
		doctor_found(doctor, "templates", DOCTOR_OK, "%zu usable in %s, in addition to the built-in mini",
			     good, store.path);
	doctor_look_for_leftovers(doctor, "templates", store.path);
}

/* The process that holds a lock of fcntl(2), as xl takes it, on the file; 0: none does, as when nobody has made the file. */
static int find_lock_holder(const char *path, pid_t *holder_out, struct bd_error *err)
{
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if ((fd < 0 && errno != ENOENT) || (fd >= 0 && fcntl(fd, F_GETLK, &lock) != 0))
		return bd_fail_errno(err, "cannot see who holds xl's lock %s", path);
	*holder_out = fd < 0 || lock.l_type == F_UNLCK ? 0 : lock.l_pid;
	return 0;
}

void doctor_check_locks(struct doctor *doctor)
{
	struct bd_error err = BD_ERROR_INIT;
	size_t taken = bd_lock_count();
	pid_t holder = 0;

	if (find_lock_holder(XL_LOCK, &holder, &err) != 0) {
		if (doctor_unreadable(doctor, "locks", &err))
			doctor_advise(doctor, "see what is there: ls -l " XL_LOCK);
	} else if (holder) {
		doctor_found(doctor, "locks", DOCTOR_WARNING,
			     "process %ld holds xl's lock " XL_LOCK
			     ": until it is released, no other guest can be created",
			     (long)holder);
		doctor_advise(doctor, "check it (ps -p %ld -f); if it hangs: kill %ld", (long)holder, (long)holder);
	} else if (taken) {
		doctor_found(doctor, "locks", DOCTOR_OK,
			     taken == 1 ? "xl's lock is free; %zu guest or template is being created"
					: "xl's lock is free; %zu guests or templates are being created",
			     taken);
	} else {
		doctor_found(doctor, "locks", DOCTOR_OK, "no lock is held");
	}
}
