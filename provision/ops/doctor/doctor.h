/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the checks of `doctor` share: what they look at, and how they say what they found. */
#ifndef BD_OPS_DOCTOR_DOCTOR_H
#define BD_OPS_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "disk/holder.h"
#include "ops/guest/recovered.h"
#include "ops/host/boot.h"
#include "ops/host/domains.h"
#include "toolstack/loader.h"
#include "xlcfg/folder.h"
#include "xlcfg/read.h"

enum doctor_state { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_PROBLEM, DOCTOR_UNCHECKED };

struct doctor_finding {
	const char *check; /* "bridge": stable, for scripts */
	enum doctor_state state;
	char *found, *advice; /* one line each; advice is NULL where there is nothing to do */
};

struct doctor {
	const char *cfg_dir, *image_dir;
	bool in_system_folders; /* no --dir */
	const char *templates; /* NULL: the usual folder */
	const char *bridge; /* NULL: xl's default */

	struct boot boot;
	bool has_xen; /* one is running, and this is its dom0 */
	struct bd_xen_version xen;
	bool answers; /* the toolstack could be opened: xenstored is there */
	struct bd_toolstack_machine machine; /* zeroed when it does not answer */
	struct domains domains; /* not known when it does not answer */
	struct recovered recovered; /* what the domains have */
	bool domains_unasked; /* that is not known */
	struct bd_loops loops;
	struct bd_cfgs cfgs;
	bool cfgs_unknown; /* their folder could not be read */

	struct doctor_finding *findings;
	size_t count;
	bool out_of_memory;
};

/* A finding. Of one check there may be several: each image that nobody names, each cfg that cannot be read. */
void doctor_found(struct doctor *doctor, const char *check, enum doctor_state state, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* What to do about the last finding. */
void doctor_advise(struct doctor *doctor, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "WHAT: COMMAND PATH", to be pasted into a shell whatever the path has in it. */
void doctor_advise_command(struct doctor *doctor, const char *what, const char *command, const char *path);
/* It failed because this user, who is not root, may not read it: that says nothing about its state. */
bool doctor_may_not_read(const struct bd_error *err);

typedef void doctor_check(struct doctor *doctor);

/* xen.c: fills has_xen, xen, answers, machine and domains; comes first. */
doctor_check doctor_check_xen, doctor_check_plugin, doctor_check_xenstored, doctor_check_xenconsoled,
	doctor_check_memory, doctor_check_domains;
/* host.c: the rest of the host. The bridges are those that cfgs name. */
doctor_check doctor_check_bridge, doctor_check_pygrub, doctor_check_grub, doctor_check_pvgrub, doctor_check_locks,
	doctor_check_templates;
/* bootloader.c: the host, and each cfg that restricts its bootloader. */
doctor_check doctor_check_bootloader_user;
/* guests.c: reads cfgs; doctor_check_cfgs comes before the others. */
doctor_check doctor_check_disk_space, doctor_check_cfgs, doctor_check_autostart;
/* refused.c: a finding of the check cfgs for each. */
doctor_check doctor_check_refused;
/* monitors.c; after the domains and the cfgs were read. */
doctor_check doctor_check_monitors;
/* disks.c. */
doctor_check doctor_check_disks, doctor_check_unused;

/* An absolute path at which nothing is. */
bool doctor_is_missing(const char *path);
/* How many of the files that the cfg names are so. */
size_t doctor_count_missing(const struct bd_cfg *cfg);

/* interrupted_rename.c: two cfgs have one uuid (or none, and one time and the same MAC addresses), and files of one
 * of them are missing, as after a rename that was cut short. The files are then the guest's under its other name, and
 * to remove either guest may be to lose them. */
bool doctor_are_halves(const struct bd_cfg *one, const struct bd_cfg *other);
/* One finding for each such pair; how many there are. */
size_t doctor_report_halves(struct doctor *doctor, const char *check);
/* The cfg is one of such a pair. */
bool doctor_is_half(const struct doctor *doctor, const struct bd_cfg *cfg);

/* users.c: who uses a file. */
void doctor_read_users(struct doctor *doctor); /* after the domains; once */
/* Where a Xen runs that cannot be asked, any file may be a guest's. */
bool doctor_knows_users(const struct doctor *doctor);
/* What the domain has that uses the file (its device and inode number count); NULL: none does. */
const struct bd_cfg *doctor_user_of(const struct doctor *doctor, const struct stat *file, uint32_t *domid_out);
/* Of a file that is not there, but still in a loop device: how to bring it back. False: there is no such device. */
bool doctor_advise_deleted(struct doctor *doctor, const struct bd_cfg *cfg, const char *path);
/* A finding for each loop device on a guest's image that nobody uses; how many there are. */
size_t doctor_report_loops(struct doctor *doctor, const char *check);

/* Reports each hidden name in the folder that a draft, or a template that was being made, has left behind when its process
 * was killed; how many there are. */
size_t doctor_look_for_leftovers(struct doctor *doctor, const char *check, const char *folder);

/* A program of this host has the file open for writing, as far as that can be found out (disk/copy.h). */
bool doctor_is_in_use(int folder_fd, const char *name);

/* True where the cfg cannot be read. */
bool doctor_writes_disk(const char *cfg_path, const char *disk);

#endif
