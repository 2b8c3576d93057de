/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds what of a file is not a hole. */
#ifndef BD_BASE_FILE_DATA_RANGE_H
#define BD_BASE_FILE_DATA_RANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* The next data from a byte on and before end, in whole units: from begin_out to end_out, within both. False: there is no more. All
 * is data on a filesystem or device that does not know of holes, and where that cannot be told. */
bool bd_next_data(int fd, uint64_t at, uint64_t end, uint64_t unit, uint64_t *begin_out, uint64_t *end_out);

/* Fewer blocks than bytes, and yet no hole is told of, as on NFS before 4.2 and most of FUSE; st: of that file. The offset moves. */
bool bd_hides_holes(int fd, const struct stat *st);

#endif
