/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the checks of `doctor` share: the state of the host as known so far, and the list of findings, to which each
 * check adds. */
#ifndef BD_OPS_DOCTOR_FINDINGS_H
#define BD_OPS_DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "disk/use/holder.h"
#include "ops/doctor/limits.h"
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
	const char *dir; /* where configs and images are; NULL: in the system's folders */
	const char *templates; /* NULL: the usual folder */
	const char *bridge; /* NULL: xl's default */
	struct doctor_limits limits;

	const char *cfg_dir, *image_dir;
	bool in_system_folders;
	struct boot boot;
	bool has_xen; /* one is running, and this is its dom0 */
	struct bd_xen_version xen;
	bool answers; /* the toolstack could be opened: xenstored is there */
	struct bd_toolstack_machine machine; /* zeroed when it does not answer */
	struct domains domains; /* not known when it does not answer */
	uint64_t room_bytes, free_bytes; /* of the filesystem with the images; 0: not known */
	struct recovered recovered; /* what the domains have */
	bool domains_unasked; /* that is not known */
	struct bd_loops loops;
	struct bd_cfgs cfgs;
	bool cfgs_unknown; /* their folder could not be read */

	struct doctor_finding *findings;
	size_t count;
	bool out_of_memory;
};

/* Adds a finding. Of one check there may be several: each image that no config uses, each config that cannot be read. */
void doctor_found(struct doctor *doctor, const char *check, enum doctor_state state, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* What to do about the last finding. */
void doctor_advise(struct doctor *doctor, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "WHAT: COMMAND PATH", to be pasted into a shell whatever the path has in it. */
void doctor_advise_command(struct doctor *doctor, const char *what, const char *command, const char *path);
/* Adds that something could not be read: not checked, or else a problem, and then true, as there has to be an advice. */
bool doctor_unreadable(struct doctor *doctor, const char *check, const struct bd_error *err);

typedef void doctor_check(struct doctor *doctor);

#endif
