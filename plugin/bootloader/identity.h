/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As whom the disk is read. A user that nothing else runs as is best: libxl chooses one where bootloader_restrict is set, and tells it
 * by --runas; else the domain's own is taken, the number that libxl would choose (libxl_bootloader.c, bootloader_uid): that of the user
 * xen-qemuuser-range-base, plus the domain's. A boot loader is told the domain's number in the name of its directory only
 * (bootloader.DOMID.d). Without either it is nobody, in a user namespace of its own.
 *
 * libxl's last resort, the user xen-qemuuser-shared, is none here: QEMUs of other domains run as that. */
#ifndef BD_BOOTLOADER_IDENTITY_H
#define BD_BOOTLOADER_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define BD_IDENTITY_RANGE_USER "xen-qemuuser-range-base"

/* How users are looked up: the host's, or a test's. */
struct bd_identity_users {
	/* 1: there is one. 0: there is none. -1: that cannot be told. */
	int (*by_name)(const char *name, uid_t *uid_out, gid_t *gid_out, struct bd_error *err);
	int (*by_number)(uid_t uid, gid_t *gid_out, char *name_out, size_t name_size, struct bd_error *err);
	uid_t own; /* who we are */
};

struct bd_identity_users bd_identity_host_users(void);

enum bd_identity_source {
	BD_IDENTITY_RUN_AS, /* as was asked for */
	BD_IDENTITY_DOMAIN, /* the domain's own of the range */
	BD_IDENTITY_NOBODY, /* nobody, in a user namespace of its own */
	BD_IDENTITY_SELF, /* we are not root: who we are, in a user namespace */
};

struct bd_identity {
	enum bd_identity_source source;
	uid_t uid; /* 0: as struct bd_sandbox_job has it, of the latter two */
	gid_t gid;
	char note[256]; /* why it is not the domain's own, where it could have been expected; "": nothing to say */
};

/* run_as: of --runas, or NULL; output_directory: of that option, or NULL. BD_KIND_USAGE: run_as is no user, or is root. EPERM: we are
 * not root, and cannot become it. */
int bd_identity_choose(const char *run_as, const char *output_directory, const struct bd_identity_users *users,
		       struct bd_identity *identity_out, struct bd_error *err);

/* "/var/lib/xen/bootloader.7.d" is of domain 7. False: it is no such name, or none of a guest's. */
bool bd_identity_domid(const char *output_directory, uint32_t *domid_out);

#endif
