/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads usbctrl = [ ... ] and usbdev = [ ... ]. */
#include "libxl/config/devices/usb.h"

#include "libxl/config/devices/options.h"

static const struct bd_option_style strict = { 0 };

static int read_controller(struct bd_device *device, char *text, struct bd_error *err)
{
	static const struct bd_option options[] = {
		{ "type", bd_set_word, BD_AT(libxl_device_usbctrl, type), .words = libxl_usbctrl_type_string_table },
		{ "version", bd_set_int, BD_AT(libxl_device_usbctrl, version) },
		{ "ports", bd_set_int, BD_AT(libxl_device_usbctrl, ports) },
		{ .name = NULL },
	};
	libxl_domain_config *config = device->reader->config;
	device->libxl = BD_ADD_NUMBERED(config->usbctrls, config->num_usbctrls, libxl_device_usbctrl_init, err);
	return device->libxl ? bd_read_options(device, text, options, strict, err) : -1;
}

static int read_device(struct bd_device *device, char *text, struct bd_error *err)
{
	static const struct bd_option options[] = {
		{ "type", bd_set_word, BD_AT(libxl_device_usbdev, type), .words = libxl_usbdev_type_string_table },
		{ "hostbus", bd_set_u8, BD_AT(libxl_device_usbdev, u.hostdev.hostbus) },
		{ "hostaddr", bd_set_u8, BD_AT(libxl_device_usbdev, u.hostdev.hostaddr) },
		{ "controller", bd_set_int, BD_AT(libxl_device_usbdev, ctrl) },
		{ "port", bd_set_int, BD_AT(libxl_device_usbdev, port) },
		{ .name = NULL },
	};
	libxl_domain_config *config = device->reader->config;
	device->libxl = BD_ADD(config->usbdevs, config->num_usbdevs, libxl_device_usbdev_init, err);
	return device->libxl ? bd_read_options(device, text, options, strict, err) : -1;
}

int bd_read_usb(struct bd_reader *reader, struct bd_error *err)
{
	if (bd_read_each(reader, "usbctrl", read_controller, err))
		return -1;
	return bd_read_each(reader, "usbdev", read_device, err);
}
