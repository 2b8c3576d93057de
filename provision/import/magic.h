/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects the format of a file by its first bytes. Nothing is read here: the caller passes what it has read. */
#ifndef BD_IMPORT_MAGIC_H
#define BD_IMPORT_MAGIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As much of a file as is worth looking at: ISO 9660 and btrfs have theirs far in. */
#define BD_MAGIC_HEAD_BYTES (80u << 10)

/* An archive, or compressed data. What is compressed may have anything where a disk has its magic numbers, so this is to
 * be asked first. */
bool bd_magic_is_archive(const uint8_t *head, size_t size);

/* The program that unpacks it, where that is a compression that is not read here: "lrzip". NULL: none of those. */
const char *bd_magic_foreign_compression(const uint8_t *head, size_t size);

/* The magic number of a squashfs, which is read by another program than other archives. */
bool bd_magic_is_squashfs(const uint8_t *head, size_t size);

/* An archive that is read with seeking where that is possible: "zip", "xar", "ISO 9660". NULL: it is not. */
const char *bd_magic_wants_file(const uint8_t *head, size_t size);

/* The format of the image of a disc, a CD or DVD: "ISO 9660", "UDF". NULL: it is none. */
const char *bd_magic_is_disc(const uint8_t *head, size_t size);

/* Of these, one that cannot be read at all without, as its table of contents is at its end. */
const char *bd_magic_reads_anywhere(const uint8_t *head, size_t size);

/* What people give by mistake, with what to do: "it is a web page: the download went wrong". NULL: none of those. */
const char *bd_magic_mistake(const uint8_t *head, size_t size);

/* A partition table, or a filesystem or the like without one, or a virtual disk, and no archive; not only those that can be imported. */
bool bd_magic_is_image(const uint8_t *head, size_t size);

#endif
