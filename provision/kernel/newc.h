/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files as members of an archive in cpio's format "newc" (Linux' Documentation/driver-api/early-userspace/buffer-format.rst), as GRUB makes
 * it of "newc:NAME:FILE" among the initrds (grub-core/loader/linux.c): successive ones are in one archive, with the directories of their
 * names, once each, before them. All belong to root; directories and files have the mode 0777, as GRUB gives them. Pure. */
#ifndef BD_KERNEL_NEWC_H
#define BD_KERNEL_NEWC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BD_NEWC_NAME_MAX 1023 /* bytes of a member's name; the kernel takes up to 4095 */
#define BD_NEWC_MEMBERS_MAX 32
#define BD_NEWC_TRAILER_BYTES 124

/* An archive that is being made, which begins, as each member, at a multiple of 4 bytes. Zeroed: none has begun. */
struct bd_newc {
	const char *names[BD_NEWC_MEMBERS_MAX]; /* of its members; borrowed */
	size_t count; /* 0: there is nothing to be ended */
};

/* What goes before the content of a file: directories, and the file's own header. The name stays the caller's until the end of the archive.
 * The caller frees *data_out; its size is a multiple of 4. E2BIG: the name is too long, or there are too many. EFBIG: the file is too large
 * for the format. */
int bd_newc_add(struct bd_newc *newc, const char *name, uint64_t size_bytes, char **data_out, size_t *size_out,
		struct bd_error *err);

/* What goes behind the last member and its padding; the next one begins another archive. */
void bd_newc_end(struct bd_newc *newc, char trailer_out[BD_NEWC_TRAILER_BYTES]);

#endif
