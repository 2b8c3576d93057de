/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that give a guest its identity: name, machine-id, SSH keys, accounts, fstab, network, and files added
 * by its administrator. Nothing is mounted: they go into a tree that the image writer overlays on the template. */
#ifndef BD_GUEST_IDENTITY_H
#define BD_GUEST_IDENTITY_H

#include "base/random.h"
#include "guest/description.h"
#include "guest/ssh_keys.h"
#include "rootfs/root_reader.h"
#include "rootfs/sealed.h"
#include "rootfs/system.h"
#include "rootfs/tree.h"

struct bd_identity_file {
	char *host_path, *guest_path;
	mode_t permissions;
};

/* What the guest is given in addition to its name and its network. All texts may be NULL. */
struct bd_identity {
	struct bd_random random;
	char *authorized_keys; /* of root, or user: bd_ssh_keys_append */
	char *user; /* an account to make, which may become root */
	char *root_password_hash;
	char *run_once; /* a script's text */
	char *user_data; /* for cloud-init; there may be NULs in it */
	size_t user_data_bytes;
	struct bd_identity_file *files;
	size_t file_count;
	const char *xenstore_put; /* the text of templates/mini/xenstore-put; borrowed */
};

struct bd_identity_result {
	char ssh_host_key_type[16]; /* "ED25519"; "": the guest has no SSH server */
	char ssh_host_key_fingerprint[BD_FINGERPRINT_SIZE];
};

void bd_identity_dispose(struct bd_identity *identity); /* idempotent */

/* "HOST:GUEST": a regular file here and an absolute path there. */
int bd_identity_add_file(struct bd_identity *identity, const char *text, struct bd_error *err);

/* sealed and system NULL: a template that is built for this guest; the tree is all that is in it.
 * BD_EUSAGE: this template cannot do what is asked for. */
int bd_identity_apply(const struct bd_identity *identity, const struct bd_guest *guest,
		      const struct bd_system *system, const struct bd_sealed *sealed, struct bd_tree *overlay,
		      struct bd_identity_result *result_out, struct bd_error *err);

struct bd_renewal;
/* For a copy of a guest's filesystem, which root reads: what has to be its own - name, keys, machine-id, network, as far as the renewal
 * says - anew, all else as it is. Of identity, files, run_once, user_data and xenstore_put are not looked at. */
int bd_identity_reapply(const struct bd_identity *identity, const struct bd_guest *guest,
			const struct bd_renewal *renewal, const struct bd_system *system,
			const struct bd_root_reader *root, struct bd_tree *overlay,
			struct bd_identity_result *result_out, struct bd_error *err);

#endif
