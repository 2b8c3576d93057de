/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's environment block: the file grubenv, into which grub-editenv and GRUB itself write (grub-core/lib/envblk.c). */
#ifndef BD_BOOTMENU_GRUBENV_H
#define BD_BOOTMENU_GRUBENV_H

#include "base/err.h"
#include "bootmenu/files.h"

#define BD_GRUBENV_FILE_MAX (64u << 10) /* grub-editenv makes 1024 bytes; GRUB takes any size */
#define BD_GRUBENV_VARIABLES_MAX 512 /* 1024 bytes have room for 333 */

struct bd_grubenv_variable {
	char *name, *value; /* owned */
};

struct bd_grubenv {
	struct bd_grubenv_variable *variables; /* owned */
	size_t count;
};

/* "NAME=VALUE" in a line each; in a value "\\" is a backslash and one before a newline keeps that in the value. Lines that begin with
 * "#" are passed over. As in GRUB, a line without a "=" is the beginning of the next one's name, and a last line without its newline has
 * been cut off. EINVAL: it does not begin as an environment block, as one that was edited with CRLF does not; E2BIG: it has too many
 * variables. *env_out is left as it is then. */
int bd_grubenv_parse(const char *text, size_t size_bytes, struct bd_grubenv *env_out, struct bd_error *err);

/* Of a file. There is no variable in one that is not there, is no environment block, or is too large: GRUB goes on, too. */
int bd_grubenv_read(const struct bd_bootmenu_files *files, const char *device, const char *path,
		    struct bd_grubenv *env_out, struct bd_error *err);

/* NULL: it is not set. Of several of that name, the last. */
const char *bd_grubenv_get(const struct bd_grubenv *env, const char *name);
/* The same as a bd_bls_variable, whose context is the struct bd_grubenv. */
const char *bd_grubenv_variable(const void *env, const char *name);

void bd_grubenv_dispose(struct bd_grubenv *env); /* idempotent */

#endif
