/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What guestfish(1) has mounted, by its command mountpoints. */
#ifndef BD_IMPORT_DISK_GUESTFISH_MOUNTS_H
#define BD_IMPORT_DISK_GUESTFISH_MOUNTS_H

#include "base/err.h"
#include "inside/mounts/mounts.h"

#define BD_GUESTFISH_MOUNTS_END "end of mountpoints"

/* Reads "DEVICE: PATH" lines up to one that is BD_GUESTFISH_MOUNTS_END, and not a byte further. "/" is the first of the items, the
 * others are in the order of their paths; none has a partition. What is at the places of an EFI system partition is left out.
 * ENODATA: the output ends before. EIO: there is more of it, or something else in it, than can be. */
int bd_guestfish_mounts_read(int fd, struct bd_inside_mounts *mounts_out, struct bd_error *err);

#endif
