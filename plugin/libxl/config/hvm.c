/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the keys of an HVM guest's machine that are more than one plain value. */
#include "libxl/config/hvm.h"

#include <string.h>

#include "libxl/config/set_string.h"
#include "libxl/config/values.h"

static int read_vga(struct bd_reader *reader, struct bd_error *err)
{
	static const struct {
		const char *name;
		libxl_vga_interface_type kind;
	} kinds[] = {
		{ "stdvga", LIBXL_VGA_INTERFACE_TYPE_STD },
		{ "cirrus", LIBXL_VGA_INTERFACE_TYPE_CIRRUS },
		{ "none", LIBXL_VGA_INTERFACE_TYPE_NONE },
		{ "qxl", LIBXL_VGA_INTERFACE_TYPE_QXL },
	};
	const char *vga = NULL;
	if (bd_get_string(reader, "vga", &vga, err))
		return -1;
	if (!vga)
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, vga))
			continue;
		reader->config->b_info.u.hvm.vga.kind = kinds[i].kind;
		return 0;
	}
	return bd_source_fail(&reader->source, "vga", err, "vga = \"%s\": must be stdvga, cirrus, none or qxl", vga);
}

static int read_hdtype(struct bd_reader *reader, struct bd_error *err)
{
	const char *type = NULL;
	if (bd_get_string(reader, "hdtype", &type, err))
		return -1;
	if (type && libxl_hdtype_from_string(type, &reader->config->b_info.u.hvm.hdtype))
		return bd_source_fail(&reader->source, "hdtype", err, "hdtype = \"%s\": must be ide or ahci", type);
	return 0;
}

static int read_device_model(struct bd_reader *reader, struct bd_error *err)
{
	const char *version = NULL;
	if (bd_get_string(reader, "device_model_version", &version, err))
		return -1;
	if (!version)
		return 0;
	if (strcmp(version, "qemu-xen"))
		return bd_source_fail(&reader->source, "device_model_version", err,
				      "device_model_version = \"%s\": must be qemu-xen", version);
	reader->config->b_info.device_model_version = LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN;
	return 0;
}

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
	if (bd_try(reader, read_ports(reader, err), err) || bd_try(reader, read_vga(reader, err), err) ||
	    bd_try(reader, read_hdtype(reader, err), err) || bd_try(reader, read_device_model(reader, err), err) ||
	    bd_try(reader, check_vnc(reader, err), err))
		return -1;
	return check_kernel(reader, err);
}
