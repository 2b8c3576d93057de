/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the keys of an HVM guest's machine that are more than one plain value. */
#include "libxl/config/hvm.h"

#include <string.h>

#include "libxl/config/set_string.h"
#include "libxl/config/values.h"

static int check_vnc(struct bd_reader *reader, struct bd_error *err)
{
	const libxl_vnc_info *vnc = &reader->config->b_info.u.hvm.vnc;
	if (vnc->listen && vnc->display && strchr(vnc->listen, ':'))
		return bd_source_fail(&reader->source, "vncdisplay", err,
				      "vnclisten and vncdisplay both set the display: keep one");
	return 0;
}

static int check_kernel(struct bd_reader *reader, struct bd_error *err)
{
	const char *kernel = reader->config->b_info.kernel;
	const char *slash = kernel ? strrchr(kernel, '/') : NULL;
	if (kernel && !strcmp(slash ? slash + 1 : kernel, "hvmloader"))
		return bd_source_fail(&reader->source, "kernel", err,
				      "hvmloader is loaded without being named: remove kernel");
	return 0;
}

static int read_ports(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	const char *serial = NULL, *usbdevice = NULL;
	if (bd_get_list_or_string(reader, "serial", &build->u.hvm.serial_list, &serial, err) ||
	    bd_get_list_or_string(reader, "usbdevice", &build->u.hvm.usbdevice_list, &usbdevice, err))
		return -1;
	if (serial && bd_set_string(&build->u.hvm.serial, serial, err))
		return -1;
	return usbdevice ? bd_set_string(&build->u.hvm.usbdevice, usbdevice, err) : 0;
}

int bd_read_hvm(struct bd_reader *reader, struct bd_error *err)
{
	if (bd_try(reader, read_ports(reader, err), err) || bd_try(reader, check_vnc(reader, err), err))
		return -1;
	return check_kernel(reader, err);
}
