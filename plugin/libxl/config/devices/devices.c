/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads all the devices of a config. */
#include "libxl/config/devices/devices.h"

#include <stddef.h>

#include "libxl/config/devices/disks.h"
#include "libxl/config/devices/pci.h"
#include "libxl/config/devices/screen.h"
#include "libxl/config/devices/services.h"
#include "libxl/config/devices/sound.h"
#include "libxl/config/devices/usb.h"
#include "libxl/config/devices/vifs.h"

int bd_read_devices(struct bd_reader *reader, struct bd_error *err)
{
	static int (*const readers[])(struct bd_reader *, struct bd_error *) = {
		bd_read_pci,  bd_read_disks, bd_read_services, bd_read_vdispl, bd_read_vsnd,
		bd_read_vifs, bd_read_vfbs,  bd_read_usb,      bd_read_screen, bd_read_vkbs,
	};
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (bd_try(reader, readers[i](reader, err), err))
			return -1;
	return 0;
}
