/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies the content of a file on the host into a template. */
#ifndef BD_IMPORT_DIRECTORY_HOST_CONTENT_H
#define BD_IMPORT_DIRECTORY_HOST_CONTENT_H

#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "template/writer/writer.h"

/* The content of the regular file that was added to the template last; holes stay holes. EBUSY: its size has
 * changed. */
int bd_host_read_content(int fd, const struct statx *stat, void (*progress)(void *context, uint64_t bytes),
			 void *context, struct bd_sealed_writer *writer, struct bd_error *err);

#endif
