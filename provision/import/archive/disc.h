/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image of a CD or DVD: no guest is made of one, so it is named, with what there is to do. */
#ifndef BD_IMPORT_ARCHIVE_DISC_H
#define BD_IMPORT_ARCHIVE_DISC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/archive_library.h"
#include "base/err.h"

/* What the beginning of the image says of it. */
struct bd_disc {
	char text[160]; /* in words: "it is an ISO 9660 disc image labelled \"cidata\"" */
	bool is_seed; /* for cloud-init */
};

void bd_disc_describe(const uint8_t *head, size_t size_bytes, struct bd_disc *disc_out);

/* Of the child that reads it. archive: opened at its beginning; NULL: it can be read only once, and is not searched. Returns -1, with an
 * error that names the label, and a squashfs in it. */
int bd_disc_refuse(const struct bd_archive_functions *la, struct archive *archive, const struct bd_disc *disc,
		   struct bd_error *err);

#endif
