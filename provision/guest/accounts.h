/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root's password: crypt(5) hashes and shadow(5). */
#ifndef BD_GUEST_ACCOUNTS_H
#define BD_GUEST_ACCOUNTS_H

#include "base/err.h"
#include "base/random.h"

/* A hash of a password, as crypt(3) and `openssl passwd -6` print it. BD_EUSAGE: it is none, or a plain password. */
int bd_password_check_hash(const char *hash, struct bd_error *err);

/* yescrypt; the salt comes from random. The caller frees. */
int bd_password_hash(const struct bd_random *random, const char *password, char **hash_out, struct bd_error *err);

/* The text of a shadow file with this hash for root, and all else as it was. The caller frees. */
int bd_shadow_set_root(const char *shadow, const char *hash, char **shadow_out, struct bd_error *err);

#endif
