/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checksum that an XVA has beside each chunk of a disk, in a file of its own behind it (xen-api: ocaml/xapi/stream_vdi.ml). */
#ifndef BD_IMPORT_WRAP_CHUNK_SUM_H
#define BD_IMPORT_WRAP_CHUNK_SUM_H

#include <stdbool.h>
#include <stddef.h>

/* SHA-1 in "CHUNK.checksum" until XenServer 8.2, XXH64 in "CHUNK.xxhash" since. */
enum bd_chunk_sum { BD_CHUNK_SUM_SHA1, BD_CHUNK_SUM_XXH64 };

#define BD_CHUNK_SUM_TEXT_MAX 64 /* what such a file may have at most */

/* By the ending of its file's name, ".checksum" or ".xxhash". False: it has another. */
bool bd_chunk_sum_by_ending(const char *ending, enum bd_chunk_sum *kind_out);
/* False: by its name, path is not the checksum of the chunk. */
bool bd_chunk_sum_is_of(const char *path, const char *chunk, enum bd_chunk_sum *kind_out);
/* text: what is in the file, hexadecimal digits in either case, and perhaps a newline. */
bool bd_chunk_sum_fits(enum bd_chunk_sum kind, const void *data, size_t size_bytes, const char *text);

#endif
