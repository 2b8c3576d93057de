/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats of disk images that qemu-img(1) converts. The format of what it reads is always given to it: were it guessed, a guest could
 * write the header of another one into its raw disk, with the name of any file of the host in it. For the same reason no image is
 * touched that refers to other files. */
#ifndef BD_OPS_IMAGE_QEMU_IMG_H
#define BD_OPS_IMAGE_QEMU_IMG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum image_format { IMAGE_FORMAT_RAW, IMAGE_FORMAT_QCOW2, IMAGE_FORMAT_VHD };

const char *image_format_name(enum image_format format);
/* "raw", "qcow2", "vhd". BD_EUSAGE. */
int image_format_parse(const char *text, enum image_format *format_out, struct bd_error *err);
/* By the end of a file's name: .qcow2, .vhd, .vpc; .img, .raw. False: it has another one. */
bool image_format_of_name(const char *path, enum image_format *format_out);

/* The size of the disk in an image. ENOTSUP: it refers to another file (a backing file, a data file, a VHD's parent), or is encrypted.
 * EINVAL: it is of another format. */
int qemu_img_check(int fd, enum image_format format, uint64_t *disk_bytes_out, struct bd_error *err);

/* to_fd: an empty file. Shows its progress. */
int qemu_img_convert(int fd, enum image_format format, int to_fd, enum image_format to_format, uint64_t disk_bytes,
		     struct bd_error *err);

#endif
