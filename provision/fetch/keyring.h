/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of OpenPGP keys, for gpgv. */
#ifndef BD_FETCH_KEYRING_H
#define BD_FETCH_KEYRING_H

#include <stddef.h>

#include "base/err.h"

/* Keys in ASCII armor (RFC 9580, section 6.2), of which a file may have several blocks, as they are without; shortens the text.
 * EINVAL: it is damaged. */
int bd_keyring_dearmor(char *text, size_t *size_bytes, struct bd_error *err);

/* A temporary copy of the file, without armor. */
int bd_keyring_open(const char *path, int *fd_out, struct bd_error *err);

#endif
