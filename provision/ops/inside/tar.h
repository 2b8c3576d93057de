/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of an image as a tar archive, and an archive into an image. */
#ifndef BD_OPS_INSIDE_TAR_H
#define BD_OPS_INSIDE_TAR_H

#include <stdbool.h>

#include "base/err.h"

/* A pax archive of what is in a directory ("./etc/motd"), or of one file. text: GUEST:/path. file: "-" is standard output; else it
 * must not exist, and appears when it is complete. compression: as bd_template_export_compression has it. BD_KIND_EXISTS. */
int inside_tar_out(const char *text, const char *dir, const char *file, const char *compression,
		   struct bd_error *err);

/* What is in an archive of any kind that `template import` reads into a directory of the image, in one transaction. file: "-" is
 * standard input. keeps_labels: as inside_change has it. */
int inside_tar_in(const char *file, const char *text, const char *dir, bool keeps_labels, struct bd_error *err);

#endif
