/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the supported network configurations, and what is said of what a system lacks. */
#include "rootfs/system.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

static const char *const network_names[] = { "none", "ifupdown", "networkd", "networkmanager", "netplan" };

const char *bd_network_kind_name(enum bd_network_kind kind)
{
	return network_names[kind];
}

int bd_network_kind_parse(const char *text, const char *what, enum bd_network_kind *kind_out, struct bd_error *err)
{
	for (unsigned i = 0; i < sizeof(network_names) / sizeof(*network_names); i++)
		if (strcmp(text, network_names[i]) == 0) {
			*kind_out = (enum bd_network_kind)i;
			return 0;
		}
	return bd_usage(err, "%s: must be one of none, ifupdown, networkd, networkmanager, netplan, not \"%.80s\"",
			what, text);
}

void bd_system_set_network(struct bd_system *system, enum bd_network_kind network)
{
	system->network = network;
	system->lacks &= ~BD_LACK_BIT(BD_LACK_NETWORK);
}

void bd_system_keep_grub_cfg(struct bd_system *system)
{
	system->own_grub_cfg = true;
	system->lacks &= ~(BD_LACK_BIT(BD_LACK_KERNEL) | BD_LACK_BIT(BD_LACK_INITRAMFS) |
			   BD_LACK_BIT(BD_LACK_INITRAMFS_DRIVER));
}

static const char *const lack_ids[BD_LACK_COUNT] = {
	[BD_LACK_DISK_DRIVER] = "no-disk-driver",   [BD_LACK_KERNEL] = "no-kernel",
	[BD_LACK_INITRAMFS] = "no-initramfs",	    [BD_LACK_NETWORK] = "no-network",
	[BD_LACK_CONSOLE] = "no-console",	    [BD_LACK_INITRAMFS_DRIVER] = "no-driver-in-initramfs",
	[BD_LACK_CLOUD_INIT] = "no-cloud-init",	    [BD_LACK_NOCLOUD] = "no-nocloud",
	[BD_LACK_SEED_NETWORK] = "no-seed-network",
};

const char *bd_lack_id(enum bd_lack lack)
{
	return lack_ids[lack];
}

bool bd_lack_parse(const char *id, enum bd_lack *lack_out)
{
	for (unsigned i = 0; i < BD_LACK_COUNT; i++)
		if (strcmp(id, lack_ids[i]) == 0) {
			*lack_out = (enum bd_lack)i;
			return true;
		}
	return false;
}

void bd_lack_format(const struct bd_system *system, enum bd_lack lack, const char *who,
		    char text_out[BD_LACK_TEXT_SIZE])
{
	const char *kernel = system->kernel_path;
	const size_t size = BD_LACK_TEXT_SIZE;

	switch (lack) {
	case BD_LACK_KERNEL:
		snprintf(text_out, size,
			 "%.100s has no kernel in /boot, and cannot be booted before one is installed", who);
		break;
	case BD_LACK_INITRAMFS:
		snprintf(
			text_out, size,
			"%.100s has no initramfs for %s, which cannot find its root without one: its drivers for the "
			"disk or the filesystem are modules",
			who, kernel);
		break;
	case BD_LACK_DISK_DRIVER:
		snprintf(text_out, size,
			 "%.100s has no driver for Xen's disks (xen-blkfront) for %s, which will not find its root",
			 who, kernel);
		break;
	case BD_LACK_INITRAMFS_DRIVER:
		snprintf(
			text_out, size,
			"%.100s has no driver for Xen's disks (xen-blkfront) in %s, and will not find its root: make that "
			"anew with the line xen_blkfront in /etc/initramfs-tools/modules, by dracut --no-hostonly or "
			"--add-drivers xen-blkfront, or with MODULES=(xen-blkfront) in /etc/mkinitcpio.conf",
			who, system->initramfs_path);
		break;
	case BD_LACK_NETWORK:
		snprintf(text_out, size,
			 "%.100s has nothing that configures a network (ifupdown, systemd-networkd, NetworkManager, "
			 "netplan), and will have no address",
			 who);
		break;
	case BD_LACK_CLOUD_INIT:
		snprintf(
			text_out, size,
			"%.100s has no cloud-init that runs%s: nothing reads the seed disk, and name, keys and network stay as "
			"they are on the disk",
			who,
			system->cloud_init
				? " (cloud-init.disabled or ds-identify.cfg in /etc/cloud, or a kernel argument, "
				  "disables it)"
				: "");
		break;
	case BD_LACK_NOCLOUD:
		snprintf(
			text_out, size,
			"%.100s has no NoCloud among its datasources (datasource_list in /etc/cloud, ds-identify.cfg or "
			"the kernel's arguments): cloud-init will not read the seed disk, and name, keys and network stay "
			"as they are on the disk",
			who);
		break;
	case BD_LACK_SEED_NETWORK:
		snprintf(
			text_out, size,
			"%.100s has no use for the network on its seed disk: its cloud-init is told of another, or of none "
			"(network in /etc/cloud, or network-config= among the kernel's arguments)",
			who);
		break;
	case BD_LACK_CONSOLE:
	case BD_LACK_COUNT:
		snprintf(text_out, size,
			 "%.100s has nothing that answers on the console: neither systemd nor an /etc/inittab", who);
		break;
	}
}

void bd_lacks_warn(const struct bd_system *system, unsigned lacks, const char *who)
{
	char text[BD_LACK_TEXT_SIZE];

	for (unsigned i = 0; i < BD_LACK_COUNT; i++)
		if (lacks & BD_LACK_BIT(i)) {
			bd_lack_format(system, (enum bd_lack)i, who, text);
			bd_warn("%s", text);
		}
}
