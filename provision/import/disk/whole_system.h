/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects the system on a disk that becomes a template as it is, and what its guests lack, where its root is a filesystem that can be
 * read here. */
#ifndef BD_IMPORT_DISK_WHOLE_SYSTEM_H
#define BD_IMPORT_DISK_WHOLE_SYSTEM_H

#include <stdbool.h>

#include "base/err.h"
#include "inside/survey/survey.h"
#include "rootfs/system.h"

/* In the sandbox; the offset of fd moves. *known_out: exactly one ext2, ext3 or ext4 filesystem on it has a root in it, and all that is asked
 * of that can be read. What is on a filesystem that its /etc/fstab mounts from elsewhere is not lacking: nobody has looked. Fails
 * only where a signal has come. */
int bd_whole_system_detect(int fd, const struct bd_survey *survey, bool has_efi_partition, bool *known_out,
			   struct bd_system *system_out, struct bd_error *err);

#endif
