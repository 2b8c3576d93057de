/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of logical volumes, as lvm(8) has them: VG, VG/THINPOOL, /dev/VG/NAME. Pure. */
#ifndef BD_VOLUME_PLACE_H
#define BD_VOLUME_PLACE_H

#include <stdbool.h>

#include "base/err.h"

#define BD_VOLUME_NAME_SIZE 128 /* of a volume, or a group of them, with the NUL */
#define BD_VOLUME_PATH_SIZE (2 * BD_VOLUME_NAME_SIZE + 8)

/* Where a new volume is made. */
struct bd_volume_place {
	char group[BD_VOLUME_NAME_SIZE]; /* "": nowhere */
	char pool[BD_VOLUME_NAME_SIZE]; /* a thin pool in it; "": the volume has its own extents */
};

/* "VG" or "VG/THINPOOL". BD_EUSAGE. */
int bd_volume_place_parse(const char *text, struct bd_volume_place *place_out, struct bd_error *err);

/* The name of a guest, which may have no character that a volume may not, but may be one that LVM keeps for itself. BD_EUSAGE. */
int bd_volume_check_name(const char *name, struct bd_error *err);

/* "/dev/GROUP/NAME", by which configs name a volume. */
void bd_volume_path(const char *group, const char *name, char path_out[BD_VOLUME_PATH_SIZE]);

/* What to lock for work on a volume (base/file/lock.h): the folder of its path is there only while the group has an active one. */
void bd_volume_lock_path(const char *group, const char *name, char path_out[BD_VOLUME_PATH_SIZE]);

/* False: the path has not that form. Whether there is such a volume is another question. */
bool bd_volume_path_split(const char *path, char group_out[BD_VOLUME_NAME_SIZE], char name_out[BD_VOLUME_NAME_SIZE]);

#endif
