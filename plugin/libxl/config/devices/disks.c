/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads disk = [ ... ]. The language of its strings is libxlutil's. */
#include "libxl/config/devices/disks.h"

#include <errno.h>

#include "libxl/config/devices/options.h"

static int read_disk(struct bd_device *device, char *text, struct bd_error *err)
{
	libxl_domain_config *config = device->reader->config;
	const char *spec = text;
	libxl_device_disk *disk = BD_ADD(config->disks, config->num_disks, libxl_device_disk_init, err);
	if (!disk)
		return -1;
	if (xlu_disk_parse(device->reader->source.xlu, 1, &spec, disk) == 0)
		return 0;
	const char *report = bd_source_report(&device->reader->source);
	return bd_fail(err, EINVAL, "\"%s\":%s%s", spec, *report == ' ' ? "" : " ",
		       *report ? report : "cannot be read");
}

int bd_read_disks(struct bd_reader *reader, struct bd_error *err)
{
	return bd_read_each(reader, "disk", read_disk, err);
}
