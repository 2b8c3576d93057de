/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the files that hold a disk, and of what lies beside them, in archives of virtual machines. */
#ifndef BD_IMPORT_WRAP_DISK_NAMES_H
#define BD_IMPORT_WRAP_DISK_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* The path without the "./" and slashes that it begins with. */
const char *bd_wrap_plain_path(const char *path);

/* At the top, and with the ending of a disk image; what is in it has to be looked at. */
bool bd_wrap_may_be_disk(const char *path);
/* What stands before the disk in an OVA (DMTF DSP0243: the .ovf comes first) or an image of LXD, and decides nothing. */
bool bd_wrap_is_beside_disk(const char *path);

/* A part of a disk of an XVA, such as "Ref:12/00000003"; of 1 MiB at most. */
#define BD_XVA_CHUNK_BYTES (UINT64_C(1) << 20)
bool bd_wrap_is_xva_chunk(const char *path, uint64_t *number_out);
/* "Ref:12/00000003.checksum" or .xxhash: that of the chunk before it. */
bool bd_wrap_is_xva_chunk_sum(const char *path);
/* What an XVA begins with, or has beside its disks. */
bool bd_wrap_is_of_xva(const char *path);

#endif
