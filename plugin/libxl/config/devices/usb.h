/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USB controllers and devices. */
#ifndef BD_LIBXL_CONFIG_DEVICES_USB_H
#define BD_LIBXL_CONFIG_DEVICES_USB_H

#include "libxl/config/reader.h"

int bd_read_usb(struct bd_reader *reader, struct bd_error *err); /* usbctrl usbdev */

#endif
