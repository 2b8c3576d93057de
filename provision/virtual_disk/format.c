/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of the formats. */
#include "virtual_disk/format.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

static const struct {
	const char *name, *driver;
	const char *suffixes[2]; /* of those that are written; others are told by their content */
	const char *options;
	bool is_written;
} formats[] = {
	[BD_DISK_FORMAT_RAW] = { "raw", "raw", { ".img", ".raw" }, NULL, true },
	[BD_DISK_FORMAT_QCOW2] = { "qcow2", "qcow2", { ".qcow2" }, "compat=1.1", true },
	/* Of the disk's own size, where QEMU would otherwise round up to what cylinders can say. */
	[BD_DISK_FORMAT_VHD] = { "vhd", "vpc", { ".vhd", ".vpc" }, "subformat=dynamic,force_size=on", true },
	[BD_DISK_FORMAT_VMDK] = { "vmdk", "vmdk", { NULL }, NULL, false },
	[BD_DISK_FORMAT_VHDX] = { "vhdx", "vhdx", { NULL }, NULL, false },
	[BD_DISK_FORMAT_VDI] = { "vdi", "vdi", { NULL }, NULL, false },
};
#define FORMAT_COUNT (sizeof(formats) / sizeof(*formats))

const char *bd_disk_format_name(enum bd_disk_format format)
{
	return formats[format].name;
}

const char *bd_disk_format_driver(enum bd_disk_format format)
{
	return formats[format].driver;
}

const char *bd_disk_format_options(enum bd_disk_format format)
{
	return formats[format].options;
}

bool bd_disk_format_of_driver(const char *driver, enum bd_disk_format *format_out)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (strcmp(driver, formats[i].driver) == 0) {
			*format_out = (enum bd_disk_format)i;
			return true;
		}
	return false;
}

int bd_disk_format_parse(const char *text, enum bd_disk_format *format_out, struct bd_error *err)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (formats[i].is_written && strcmp(text, formats[i].name) == 0) {
			*format_out = (enum bd_disk_format)i;
			return 0;
		}
	return bd_usage(err, "must be one of raw, qcow2, vhd, not \"%s\"", text);
}

bool bd_disk_format_of_name(const char *path, enum bd_disk_format *format_out)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		for (size_t s = 0; s < 2 && formats[i].suffixes[s]; s++)
			if (bd_text_ends_in(path, formats[i].suffixes[s])) {
				*format_out = (enum bd_disk_format)i;
				return true;
			}
	return false;
}
