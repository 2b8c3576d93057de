/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the child is asked for. */
#ifndef BD_BOOTLOADER_READING_REQUEST_H
#define BD_BOOTLOADER_READING_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/xen_unpacks.h"

enum bd_reader_aim {
	BD_READER_BOOT, /* sends kernel, initrd and arguments of the entry that is chosen here */
	BD_READER_MENU, /* sends the menu, and then those of the entry that it is told */
	BD_READER_LIST, /* sends the menu */
	BD_READER_CONFIG, /* the same, of a file of boot configuration instead of a disk */
};

enum bd_unpacking { BD_UNPACKING_AS_NEEDED, BD_UNPACKING_ALWAYS, BD_UNPACKING_NEVER };

struct bd_reader_request {
	enum bd_reader_aim aim;
	const char *
		kernel; /* both are paths from the root of a filesystem; with a kernel, no configuration is looked at */
	const char *ramdisk; /* NULL: none */
	const char *arguments; /* with a kernel, all of them; else, added to those of the entry; NULL: none */
	const char *entry; /* NULL: the default */
	uint64_t disk_bytes;
	bool has_offset; /* then the filesystem begins at offset_bytes, and no table is looked at */
	uint64_t offset_bytes;
	bool without_content;
	enum bd_unpacking unpacking; /* of kernels that libxc does not unpack */
	unsigned xen_major, xen_minor; /* that runs here; 0: none, or it is not known */
	struct bd_xen_libraries libraries;
};

#endif
