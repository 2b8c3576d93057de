/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot loader of a guest, run by us before there is a domain and before xl's memory lock is taken, so that guests which are
 * started at the same time do not wait for each other's. libxl then gets the kernel, ramdisk and command line that it
 * found, and runs none. */
#ifndef BD_LIBXL_BOOTLOADER_EARLY_H
#define BD_LIBXL_BOOTLOADER_EARLY_H

#include <stdbool.h>
#include <stdint.h>

#include <libxl.h>

#include "base/err.h"
#include "libxl/build_job.h"

/* What the config said of it, while it says what the boot loader found. Its files have no names any more: they are gone
 * with these descriptors, however this process ends. */
struct bd_bootloader_early {
	bool ran;
	char *bootloader, *kernel, *ramdisk, *cmdline; /* of the config */
	int kernel_fd, ramdisk_fd;
};

#define BD_BOOTLOADER_EARLY_INIT \
	{ \
		.ran = false, .kernel_fd = -1, .ramdisk_fd = -1 \
	}

/* It has one, which is there, and a first disk that is a local file or block device and can be read as it is (what
 * libxl_device_disk_local_attach hands through). All else is left to libxl: disks with a script, of a driver domain, not in
 * raw format. */
bool bd_bootloader_is_early(const libxl_domain_config *config);

/* Runs it, where that holds; otherwise nothing is done. bd_bootloader_choose() has been called; loan is what it gave: the
 * disk is lent for this time. On failure config is as it was, and no file is left. EIO: it failed; BD_ECANCELED. */
int bd_bootloader_early_run(const struct bd_build *build, libxl_domain_config *config,
			    struct bd_bootloader_loan *loan, struct bd_bootloader_early *early_out,
			    struct bd_error *err);

/* What libxl keeps of the domain says bootloader= again: it is what later starts and `xl list -l` go by. */
int bd_bootloader_early_record(const struct bd_xen *xen, const struct bd_bootloader_early *early, uint32_t domid,
			       struct bd_error *err);

/* The config says again what it said. Idempotent. */
void bd_bootloader_early_end(struct bd_bootloader_early *early, libxl_domain_config *config);

#endif
