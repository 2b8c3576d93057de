/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells what something is that is no root filesystem, by the names at its top. */
#ifndef BD_IMPORT_WRAP_DESCRIBE_H
#define BD_IMPORT_WRAP_DESCRIBE_H

#include <stdbool.h>

#include "template/writer/writer.h"

#define BD_DESCRIPTION_SIZE 512

/* "it is empty", "it looks like a home directory: ..."; with what to do instead. False: nothing is known of it but that. */
bool bd_wrap_describe(struct bd_sealed_writer *writer, char text_out[BD_DESCRIPTION_SIZE]);

#endif
