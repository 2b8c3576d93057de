/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures of OpenPGP, which gpgv(1) verifies, confined: one by a key of the keyring that neither it nor the key has expired or been
 * revoked. One that does not match spoils it, and so does one by a key that has expired or been revoked; one by a key that is not in the
 * keyring does not. */
#ifndef BD_FETCH_SIGNATURE_H
#define BD_FETCH_SIGNATURE_H

#include <stdbool.h>

#include "base/err.h"

/* ENOPKG: gpgv is not installed. */
int bd_signature_check_program(struct bd_error *err);

/* What --status-fd has said (gnupg's doc/DETAILS). EACCES: it is not signed so; the message says why. */
int bd_signature_judge(const char *status, struct bd_error *err);

/* A signature in a file of its own, in armor or not, over all of data_fd. keyring_fd: of bd_keyring_open. */
int bd_signature_verify(int data_fd, int signature_fd, int keyring_fd, struct bd_error *err);

bool bd_is_clearsigned(const char *text);
/* The text that is signed, which the caller frees: what is before or behind it in the file is not in it. */
int bd_signature_read_clear(int fd, int keyring_fd, char **text_out, struct bd_error *err);

#endif
