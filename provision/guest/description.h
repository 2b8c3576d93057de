/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's description as given to `new`, and its validation. */
#ifndef BD_GUEST_DESCRIPTION_H
#define BD_GUEST_DESCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/random.h"
#include "ext3/fs_type.h"
#include "guest/disks.h"
#include "guest/network.h"

/* A Linux host name: HOST_NAME_MAX and the terminating NUL. */
#define BD_GUEST_NAME_SIZE 65

enum bd_guest_type { BD_GUEST_PV, BD_GUEST_PVH, BD_GUEST_HVM };
enum bd_guest_boot {
	BD_BOOT_PYGRUB,
	BD_BOOT_BIGDISK, /* our boot loader for xl, BD_BOOTLOADER_BIGDISK */
	BD_BOOT_PVGRUB,
	BD_BOOT_DIRECT,
	BD_BOOT_UEFI,
	BD_BOOT_DISK
};

#define BD_BOOTLOADER_BIGDISK "xen-bigdisk-boot" /* what a config names, and `make install` puts into PATH */

/* The user that an unprivileged pygrub runs as. */
#define BD_BOOTLOADER_USER "xen-qemuuser-shared" /* libxl's LIBXL_QEMU_USER_SHARED */
#define BD_BOOTLOADER_USER_RANGE "xen-qemuuser-range-base" /* its LIBXL_QEMU_USER_RANGE_BASE */
#define BD_BOOTLOADER_USER_SINCE_MINOR 18 /* xl knows bootloader_restrict from Xen 4.18 on */
#define BD_BOOTLOADER_USER_ADD "useradd --system --no-create-home --shell /usr/sbin/nologin"

struct bd_guest {
	char name[BD_GUEST_NAME_SIZE];
	uint8_t uuid[16];
	enum bd_guest_type type;
	enum bd_guest_boot boot;
	uint64_t memory_mib;
	uint32_t vcpus;
	const char *append; /* to the kernel's command line; NULL: nothing. Borrowed */
	struct bd_networks networks; /* owned by whoever owns the guest */
	enum bd_fs_type fs_type; /* of the root filesystem, and of all others of its disks */
	uint8_t root_uuid[16]; /* of the root filesystem */
	uint32_t disk_signature; /* of the MBR, whose first partition has that; with its number, the PARTUUID */
	uint8_t swap_uuid[16];
	bool has_swap;
	struct bd_guest_disks disks; /* behind the first, and partitions of that */
	bool restrict_bootloader; /* pygrub without privileges: bootloader_restrict=1 */
};

/* The label of its root filesystem: what of the first part of the name fits into one. */
void bd_guest_disk_label(const char *name, char label_out[17]);
/* A valid host name that is not a number, which xl would take for a domid. */
int bd_guest_set_name(struct bd_guest *guest, const char *name, struct bd_error *err);

int bd_guest_type_parse(const char *text, enum bd_guest_type *type_out, struct bd_error *err);
const char *bd_guest_type_name(enum bd_guest_type type);

/* "pygrub", "bigdisk", "pvgrub", "direct", "uefi". */
int bd_guest_boot_parse(const char *text, enum bd_guest_boot *boot_out, struct bd_error *err);
const char *bd_guest_boot_name(enum bd_guest_boot boot); /* NULL: BD_BOOT_DISK, which is no bootloader of Xen's */

int bd_mac_parse(const char *text, uint8_t mac_out[6], struct bd_error *err);
/* A random one under 00:16:3e, the Xen project's. */
int bd_mac_random(const struct bd_random *random, const char *label, uint8_t mac_out[6], struct bd_error *err);
#define BD_MAC_TEXT_SIZE 18
void bd_mac_format(const uint8_t mac[6], char text_out[BD_MAC_TEXT_SIZE]);

int bd_bridge_check(const char *name, struct bd_error *err);

#endif
