/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks that an xl config names, according to xl.cfg(5) and xl-disk-configuration(5). Pure. */
#ifndef BD_XLCFG_DISKS_H
#define BD_XLCFG_DISKS_H

#include <limits.h>
#include <stdbool.h>

#define BD_XLCFG_VDEV_SIZE 16

/* The target of one disk specification, which is changed; false: it has none, as an empty CD drive, or one that only a script
 * understands (iSCSI, DRBD). */
bool bd_xlcfg_disk_target(char *spec, char path_out[PATH_MAX]);

/* The format that a disk specification gives: "qcow", "qcow2", "vhd", "qed"; NULL: raw, as also where it says nothing. */
const char *bd_xlcfg_disk_format(const char *spec);

/* Calls is_it with the target of each disk, a path; "phy:vg/name" of old is /dev/vg/name. The first true ends it, and
 * is returned. What is not understood is passed over; this is no check of the syntax. */
bool bd_xlcfg_find_disk(const char *text, bool (*is_it)(const char *path, void *data), void *data);

/* The name of the virtual device ("xvda") of the disk with this target. False: there is no such disk, or none that is plain. */
bool bd_xlcfg_vdev(const char *text, const char *target, char vdev_out[BD_XLCFG_VDEV_SIZE]);

/* A disk with this target is one that the guest may write to: neither read-only nor a CD. */
bool bd_xlcfg_writes_disk(const char *text, const char *target);

#endif
