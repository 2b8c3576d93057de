/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system inside a template: detected when it is imported, stored in its manifest, used for a guest's identity. */
#ifndef BD_ROOTFS_SYSTEM_H
#define BD_ROOTFS_SYSTEM_H

#include <stdbool.h>

#include "base/err.h"

enum bd_network_kind {
	BD_NETWORK_NONE, /* nothing that we can configure */
	BD_NETWORK_IFUPDOWN, /* /etc/network/interfaces */
	BD_NETWORK_NETWORKD, /* /etc/systemd/network */
	BD_NETWORK_MANAGER, /* /etc/NetworkManager/system-connections */
	BD_NETWORK_NETPLAN, /* /etc/netplan */
};

/* What a guest of it would lack for booting and being reached; each is bit 1 << LACK of bd_system.lacks. */
enum bd_lack {
	BD_LACK_KERNEL,
	BD_LACK_INITRAMFS, /* and the kernel's drivers for disk or filesystem are modules */
	BD_LACK_DISK_DRIVER, /* for Xen's disks: neither built in nor a module */
	BD_LACK_INITRAMFS_DRIVER, /* for Xen's disks: a module, which the initramfs is without */
	BD_LACK_NETWORK,
	BD_LACK_CONSOLE,
	/* Of a whole disk, whose guests learn from a seed disk what they are. In a root filesystem, what is in the way is changed. */
	BD_LACK_CLOUD_INIT, /* that runs */
	BD_LACK_NOCLOUD, /* among the datasources that its cloud-init is told of */
	BD_LACK_SEED_NETWORK, /* cloud-init takes another network, or none */
	BD_LACK_COUNT
};

struct bd_system {
	char os_id[32], os_version[32]; /* ID and VERSION_ID of os-release(5): "debian", "12"; "" where unknown */
	char os_name[96]; /* PRETTY_NAME */
	char kernel_path[256], initramfs_path[256]; /* in the guest; "" for none */
	enum bd_network_kind network;
	bool systemd; /* else some other init */
	bool sshd; /* has an OpenSSH server */
	bool cloud_init;
	bool unique_machine_id; /* a random /etc/machine-id for each guest instead of an empty one */
	bool own_grub_cfg; /* /boot/grub/grub.cfg of the template is kept as it is */
	bool disk_driver_is_module; /* that for Xen's disks, of its kernel; not kept in manifests */
	unsigned lacks; /* as far as it is known: what cannot be told is not here */
};

/* "none", "ifupdown", "networkd", "networkmanager", "netplan" */
const char *bd_network_kind_name(enum bd_network_kind kind);
int bd_network_kind_parse(const char *text, const char *what, enum bd_network_kind *kind_out, struct bd_error *err);

/* What was detected is overruled: network is what the system uses, or its grub.cfg is kept, so that which kernel it boots is
 * its own affair. What it lacked of that, it lacks no longer. */
void bd_system_set_network(struct bd_system *system, enum bd_network_kind network);
void bd_system_keep_grub_cfg(struct bd_system *system);

#define BD_LACK_BIT(lack) (1u << (lack))
#define BD_LACK_TEXT_SIZE 1024

/* "no-kernel" and so on. */
const char *bd_lack_id(enum bd_lack lack);
/* False: there is none of that name. */
bool bd_lack_parse(const char *id, enum bd_lack *lack_out);
/* A sentence about who lacks it, without a full stop: a guest or a template. */
void bd_lack_format(const struct bd_system *system, enum bd_lack lack, const char *who,
		    char text_out[BD_LACK_TEXT_SIZE]);
/* Says it of each of lacks, as a warning. */
void bd_lacks_warn(const struct bd_system *system, unsigned lacks, const char *who);

#endif
