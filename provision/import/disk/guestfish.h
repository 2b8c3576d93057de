/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root filesystem of a disk that nothing here reads (LVM, Linux RAID, XFS, btrfs): guestfish(1) of libguestfs mounts it, with all that
 * its /etc/fstab mounts, in a virtual machine of its own. */
#ifndef BD_IMPORT_DISK_GUESTFISH_H
#define BD_IMPORT_DISK_GUESTFISH_H

#include "base/err.h"
#include "base/progress.h"
#include "import/disk/raw_disk.h"
#include "inside/mounts/mounts.h"
#include "template/writer/writer.h"

/* raw: the disk, which is not written to. source_fd: of what it was unpacked from, or the same. mounts_out: what was merged into the
 * root filesystem, whose /etc/fstab says so, and what was left out; without partitions. Takes a minute where there is no KVM. ENOPKG: guestfish is not installed. EIO: it cannot read the disk, or not all of it. BD_KIND_IN_USE: another program
 * may write to the source. */
int bd_guestfish_import(const struct bd_raw_disk *raw, int source_fd, bd_progress_report progress,
			struct bd_sealed_writer *writer, struct bd_inside_mounts *mounts_out, struct bd_error *err);

#endif
