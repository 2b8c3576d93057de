/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's own SSH host key.
 *
 * Formats: PROTOCOL.key of OpenSSH (the private key), RFC 4253 section 6.6 and RFC 8709 (the public key's blob).
 */
#ifndef BD_GUEST_SSH_KEYS_H
#define BD_GUEST_SSH_KEYS_H

#include "base/err.h"
#include "base/random.h"

#define BD_FINGERPRINT_SIZE 52 /* "SHA256:" and 43 digits of base64 */

struct bd_ssh_host_key {
	char *private_text; /* ssh_host_ed25519_key */
	char *public_text; /* ssh_host_ed25519_key.pub: one line */
	char fingerprint[BD_FINGERPRINT_SIZE]; /* as `ssh-keygen -l` prints it */
};

/* An Ed25519 key; comment: "root@web01". */
int bd_ssh_host_key_make(const struct bd_random *random, const char *comment, struct bd_ssh_host_key *key_out,
			 struct bd_error *err);
void bd_ssh_host_key_dispose(struct bd_ssh_host_key *key); /* idempotent; wipes the private key */

#endif
