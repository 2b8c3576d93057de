/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives the system on a disk another identity where it is: a copy that another tool has made, or a guest that another tool has renamed. */
#ifndef BD_OPS_RENEW_RENEW_H
#define BD_OPS_RENEW_RENEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "guest/create_request.h"
#include "guest/identity.h"
#include "inside/mac_file.h"

struct renew_request {
	const char *target; /* a file or a device */
	const struct bd_create_request *identity; /* its name, networks and seed are used */
	bool only_name; /* keys, machine-id and UUID stay */
	bool only_plan; /* everything is checked and nothing changed */
};

struct renew_result {
	char *image, *old_name; /* owned; old_name: what it called itself; "": nothing */
	struct bd_guest guest; /* its name, networks and root_uuid */
	struct bd_identity_result identity;
	bool has_network; /* it is configured anew, and else as it was */
	/* By which one that stays as it was knows an interface; not with only_name, nor where that cannot be told. */
	struct bd_mac_file known_mac;
	bool keeps_uuid;
};

void renew_result_dispose(struct renew_result *result); /* idempotent */

/* All of it, or nothing: one transaction of the filesystem's journal. Only where all of the filesystem's checksums depend on its UUID
 * (ext4 without metadata_csum_seed), that is changed first, by tune2fs.
 * Only the root filesystem is changed: what a guest mounts from elsewhere stays as it is.
 * BD_KIND_IN_USE as image_place_lock. ENOTSUP: there is no system in it. EIO: it is damaged. */
int image_renew(const struct renew_request *request, struct renew_result *result_out, struct bd_error *err);

#endif
