/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Imports a container image by merging its layers. */
#ifndef BD_IMPORT_OCI_SOURCE_OCI_H
#define BD_IMPORT_OCI_SOURCE_OCI_H

#include "base/err.h"
#include "base/progress.h"
#include "import/oci/image_choice.h"
#include "template/writer/writer.h"

/* An OCI image layout, a docker-archive, or a "dir:" of skopeo; fd (borrowed) is a folder, or a tar of one from where it
 * stands. what names it in messages. The layers are checked against their digests. choice may be NULL. ENOENT: the image
 * has no such tag. */
int bd_source_oci(int fd, const char *what, const struct bd_image_choice *choice, bd_progress_report progress,
		  struct bd_sealed_writer *writer, struct bd_error *err);

#endif
