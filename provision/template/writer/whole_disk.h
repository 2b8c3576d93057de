/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template of a whole disk: instead of a root's entries, the writer takes the disk (template/disk/seal.h). */
#ifndef BD_TEMPLATE_WRITER_WHOLE_DISK_H
#define BD_TEMPLATE_WRITER_WHOLE_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "template/manifest.h"
#include "template/writer/writer.h"

/* fd: of the disk, which nobody writes to meanwhile. is_own: it is an unnamed file that is for nothing else, and becomes the template's
 * without being copied where it is on the same filesystem. system: of its root filesystem; NULL: it is not known. To be called once, and no entry may be added. progress: may be NULL.
 * EFBIG: it has more data than the writer's limit. */
int bd_sealed_writer_take_disk(struct bd_sealed_writer *writer, int fd, bool is_own,
			       const struct bd_manifest_disk *disk, const struct bd_system *system,
			       void (*progress)(uint64_t bytes_done), struct bd_error *err);
bool bd_sealed_writer_has_disk(const struct bd_sealed_writer *writer);

/* In place of bd_sealed_writer_finish: writes the checksums, and fills what of the manifest describes a disk.
 * bd_sealed_writer_publish comes next. */
int bd_sealed_writer_finish_disk(struct bd_sealed_writer *writer, struct bd_manifest *manifest, struct bd_error *err);

#endif
