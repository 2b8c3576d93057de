/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An archive read from its first byte to its last: what libarchive lets pass (a missing end, data behind the end, a
 * wrong checksum of gzip, lost attributes) is an error here.
 */
#ifndef BD_TEMPLATE_ARCHIVE_STREAM_H
#define BD_TEMPLATE_ARCHIVE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "template/archive_door.h"
#include "template/sources.h"

struct bd_archive_stream;

/* fd: borrowed, read from where it stands. Until it is closed, names are in the thread's locale that libarchive needs
 * to give them as bytes. */
int bd_archive_stream_open(int fd, bd_source_progress progress, struct bd_archive_stream **stream_out,
			   struct bd_error *err);
void bd_archive_stream_close(struct bd_archive_stream **stream); /* idempotent */

/* 1: an entry, valid until the next call. 0: the archive has come to its end, and that is in order. -1: error. */
int bd_archive_stream_next(struct bd_archive_stream *stream, struct archive_entry **entry_out, struct bd_error *err);
/* Content of the entry: 1: a block, valid until the next call. 0: there is no more. -1: error. */
int bd_archive_stream_block(struct bd_archive_stream *stream, const void **data_out, size_t *size_out,
			    uint64_t *offset_bytes_out, struct bd_error *err);

/* ARCHIVE_FORMAT_TAR and so on, once there was an entry. */
int bd_archive_stream_format(const struct bd_archive_stream *stream);

#define BD_ENTRY_NAME_SIZE 300
/* A name for messages: valid UTF-8 as it is, other bytes as \xNN, "..." for what is too long. */
void bd_entry_name(const char *name, char text_out[BD_ENTRY_NAME_SIZE]);

#endif
