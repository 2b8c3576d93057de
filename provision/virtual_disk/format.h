/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats of virtual disks: their names, here and for qemu-img(1). */
#ifndef BD_VIRTUAL_DISK_FORMAT_H
#define BD_VIRTUAL_DISK_FORMAT_H

#include <stdbool.h>

#include "base/err.h"

enum bd_disk_format {
	BD_DISK_FORMAT_RAW,
	BD_DISK_FORMAT_QCOW2,
	BD_DISK_FORMAT_VHD,
	/* These are only read. */
	BD_DISK_FORMAT_VMDK,
	BD_DISK_FORMAT_VHDX,
	BD_DISK_FORMAT_VDI,
};

const char *bd_disk_format_name(enum bd_disk_format format);
const char *bd_disk_format_driver(enum bd_disk_format format); /* qemu-img's name for it */
const char *bd_disk_format_options(enum bd_disk_format format); /* for qemu-img to make one; NULL: none are needed */
bool bd_disk_format_of_driver(const char *driver, enum bd_disk_format *format_out);
/* One that is written, too: "raw", "qcow2", "vhd". BD_EUSAGE. */
int bd_disk_format_parse(const char *text, enum bd_disk_format *format_out, struct bd_error *err);
/* Likewise by the end of a file's name: .qcow2, .vhd, .vpc; .img, .raw. False: it has another one. */
bool bd_disk_format_of_name(const char *path, enum bd_disk_format *format_out);

#endif
