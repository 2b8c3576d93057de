/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of options that `new` and `fill` have in common: all that describes what is on a disk. Each macro says which members the
 * struct `type` has for them, by the options' names. */
#ifndef BD_CLI_GUEST_REQUEST_ROWS_H
#define BD_CLI_GUEST_REQUEST_ROWS_H

#include <stddef.h>

#include "cli/command.h"

/* const char *swap, *layout, *boot_sector, *fs, *template, *templates; struct bd_texts mounts. */
#define REQUEST_DISK_ROWS(type) \
	{ BD_OPTION_TEXT, "swap", "SIZE", "add a swap partition of this size at the end of the disk", \
	  offsetof(type, swap) }, \
		{ BD_OPTION_LIST, "mount", "/MOUNT=SIZE", \
		  "make a partition of the disk, such as /home=10G, with a filesystem of its own, which the guest mounts there by " \
		  "/etc/fstab, and which holds what the template has there; the root's has what is left of --size. An MBR has room " \
		  "for three, or two with swap. They lie before the root's, which grow and shrink change as in any other guest; their " \
		  "own sizes stay, and convert-layout refuses such a disk", \
		  offsetof(type, mounts) }, \
		{ BD_OPTION_TEXT, "layout", "LAYOUT", \
		  "aligned: partitions start at MiB boundaries; cylinder: the first one starts at sector 63, and all end where a " \
		  "cylinder of 255 heads and 63 sectors does [aligned]", \
		  offsetof(type, layout) }, \
		{ BD_OPTION_TEXT, "boot-sector", "KIND", "BIOS boot loader: grub2, grub-legacy or none [grub2]", \
		  offsetof(type, boot_sector) }, \
		{ BD_OPTION_TEXT, "fs", "TYPE", \
		  "filesystem of the root partition: ext3 or ext4, in Debian 12's form without what pygrub and older GRUBs " \
		  "cannot read [ext3]", \
		  offsetof(type, fs) }, \
		{ BD_OPTION_TEXT, "template", "NAME", \
		  "template to fill the disk from: one of `xen-bigdisk template list`; mini, a busybox system with a " \
		  "Debian kernel; or none, an empty disk that boots to GRUB [mini]", \
		  offsetof(type, template) }, \
	{ \
		BD_OPTION_TEXT, "templates", "DIR", "template directory [/var/lib/xen-bigdisk/templates]", \
			offsetof(type, templates) \
	}

/* const char *append. */
#define REQUEST_APPEND_ROW(type) \
	{ \
		BD_OPTION_TEXT, "append", "ARGUMENTS", \
			"add to the kernel's command line, also to that of kernels that the guest installs; of several console= " \
			"the last one becomes /dev/console", \
			offsetof(type, append) \
	}

/* const char *gateway, *gateway6; struct bd_texts ips, ip6s, nets, dns; */
#define REQUEST_NETWORK_ROWS(type) \
	{ BD_OPTION_LIST, "ip", "IP", "dhcp, or a static address such as 192.0.2.10/24 [dhcp]", \
	  offsetof(type, ips) }, \
		{ BD_OPTION_TEXT, "gateway", "IP", \
		  "default gateway, for a static address; for one with /32 it may be anywhere on the link", \
		  offsetof(type, gateway) }, \
		{ BD_OPTION_LIST, "ip6", "IP6", \
		  "auto, dhcp, none, or a static address such as 2001:db8::10/64 [auto]", offsetof(type, ip6s) }, \
		{ BD_OPTION_TEXT, "gateway6", "IP6", "default gateway, for a static IPv6 address", \
		  offsetof(type, gateway6) }, \
		{ BD_OPTION_LIST, "dns", "IP", "name server, or several separated by commas [from DHCP]", \
		  offsetof(type, dns) }, \
	{ \
		BD_OPTION_LIST, "net", "KEY=VALUE,...", \
			"add an interface; keys as the options above (ip, ip6 and dns may be repeated), and those of " \
			"xl-network-configuration(5): rate, script, vifname, model, type, mtu, gatewaydev, backend, trusted, " \
			"untrusted, from Xen 4.19 vlan (10, 10p/20), which the hotplug script has to apply; the first one given is the guest's first interface unless the options above " \
			"describe one", \
			offsetof(type, nets) \
	}

/* bool no_net. */
#define REQUEST_NO_NET_ROW(type) \
	{ \
		BD_OPTION_FLAG, "no-net", NULL, "create no network interface", offsetof(type, no_net) \
	}

/* const char *user, *root_password_hash, *root_password_hash_file, *root_password_file, *user_data, *run_once, *seed, *seed_file;
 * struct bd_texts ssh_keys, files. */
#define REQUEST_IDENTITY_ROWS(type) \
	{ BD_OPTION_LIST, "ssh-key", "FILE", \
	  "allow root, or the account that is made with it, to log in with the public keys in FILE", \
	  offsetof(type, ssh_keys) }, \
		{ BD_OPTION_TEXT, "user", "NAME", \
		  "make the account NAME, unless the template has it, which may become root by sudo or doas without a " \
		  "password; --ssh-key is then for it, and not for root", \
		  offsetof(type, user) }, \
		{ BD_OPTION_TEXT, "root-password-hash", "HASH", \
		  "hash of root's password, as printed by `openssl passwd -6` [the template's]", \
		  offsetof(type, root_password_hash) }, \
		{ BD_OPTION_TEXT, "root-password-hash-file", "FILE", \
		  "read the hash of root's password from the first line of FILE, where no list of processes shows it", \
		  offsetof(type, root_password_hash_file) }, \
		{ BD_OPTION_TEXT, "root-password-file", "FILE", "read root's password from the first line of FILE", \
		  offsetof(type, root_password_file) }, \
		{ BD_OPTION_LIST, "file", "HOST:GUEST", \
		  "copy a file of this host into the guest, with its mode, owned by root", offsetof(type, files) }, \
		{ BD_OPTION_TEXT, "user-data", "FILE", \
		  "user-data for cloud-init, which the template must have: #cloud-config, a script, or another of its formats", \
		  offsetof(type, user_data) }, \
		{ BD_OPTION_TEXT, "run-once", "SCRIPT", \
		  "run SCRIPT in the guest at its first boot, once the network is up; requires systemd in the guest", \
		  offsetof(type, run_once) }, \
		{ BD_OPTION_TEXT, "seed", "STRING", \
		  "derive everything random in the guest from STRING and the guest's name; with SOURCE_DATE_EPOCH set, " \
		  "the image is reproducible. Anyone who knows STRING can derive the guest's keys", \
		  offsetof(type, seed) }, \
	{ \
		BD_OPTION_TEXT, "seed-file", "FILE", "as --seed, with the first line of FILE for STRING", \
			offsetof(type, seed_file) \
	}

#endif
