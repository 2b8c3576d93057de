/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The public SSH keys that may log in: sshd(8) under AUTHORIZED_KEYS FILE FORMAT. */
#ifndef BD_GUEST_AUTHORIZED_KEYS_H
#define BD_GUEST_AUTHORIZED_KEYS_H

#include "base/err.h"

/* Appends the keys of a text in the form of authorized_keys to *keys (NULL at first; the caller frees), one per line,
 * without comments and empty lines. BD_EUSAGE: a line is no public key, or there is none; a private key is refused by
 * name. what: the file's name, for the message. */
int bd_ssh_keys_append(char **keys, const char *text, const char *what, struct bd_error *err);

#endif
