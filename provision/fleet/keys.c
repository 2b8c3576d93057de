/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a guest. A test compares them with the options of `new`. */
#include "fleet/keys.h"

#include <string.h>

#include "base/text.h"

/* Each in its place of bd_fleet_key_index. Members: name, kind, option, counts, is_path, place, help. */
const struct bd_fleet_key bd_fleet_keys[] = {
	[BD_FLEET_SIZE] = { "size", BD_FLEET_TEXT, "size", false, false, BD_FLEET_IN_DISK,
			    "size of the whole disk, such as \"4G\"" },
	[BD_FLEET_DEVICE] = { "device", BD_FLEET_TEXT, "device", true, false, BD_FLEET_IN_DISK,
			      "block device to use as the disk, such as \"/dev/vg/web{01..20}\"" },
	[BD_FLEET_LVM] = { "lvm", BD_FLEET_TEXT, "lvm", false, false, BD_FLEET_IN_DISK,
			   "volume group to make a logical volume in for the disk, or thin pool: \"vg\" or \"vg/pool\"" },
	[BD_FLEET_SWAP] = { "swap", BD_FLEET_TEXT, "swap", false, false, BD_FLEET_IN_DISK,
			    "size of the swap partition, such as \"512M\"" },
	[BD_FLEET_DISKS] = { "disks", BD_FLEET_LIST, "disk", false, false, BD_FLEET_IN_DISK,
			     "sizes of further disks, which are empty, such as \"20G\", or have a filesystem to be mounted, \"20G:/var\"" },
	[BD_FLEET_MOUNTS] = { "mounts", BD_FLEET_LIST, "mount", false, false, BD_FLEET_IN_DISK,
			      "partitions with a filesystem of their own, such as \"/home=10G\"" },
	[BD_FLEET_LAYOUT] = { "layout", BD_FLEET_TEXT, "layout", false, false, BD_FLEET_IN_DISK,
			      "\"aligned\" or \"cylinder\"" },
	[BD_FLEET_BOOT_SECTOR] = { "boot_sector", BD_FLEET_TEXT, "boot-sector", false, false, BD_FLEET_IN_DISK,
				   "\"grub2\", \"grub-legacy\" or \"none\"; what an existing guest has installed there is its own" },
	[BD_FLEET_FS] = { "fs", BD_FLEET_TEXT, "fs", false, false, BD_FLEET_IN_DISK,
			  "filesystem of the root partition: \"ext3\" or \"ext4\"" },
	[BD_FLEET_TEMPLATE] = { "template", BD_FLEET_TEXT, "template", false, false, BD_FLEET_IN_DISK,
				"template to fill the disk from: the name of a template, \"mini\" or \"none\"" },
	[BD_FLEET_TYPE] = { "type", BD_FLEET_TEXT, "type", false, false, BD_FLEET_IN_DISK,
			    "\"pv\", \"pvh\" or \"hvm\"" },
	[BD_FLEET_BOOT] = { "boot", BD_FLEET_TEXT, "boot", false, false, BD_FLEET_IN_CFG,
			    "\"pygrub\", \"bigdisk\", \"pvgrub\", \"direct\" or \"uefi\"; of an existing guest, it can change from \"pygrub\" or \"pvgrub\" to \"bigdisk\"" },
	[BD_FLEET_MEMORY] = { "memory", BD_FLEET_NUMBER, "memory", false, false, BD_FLEET_IN_CFG,
			      "memory: a size such as \"1G\", or a plain number of MiB" },
	[BD_FLEET_VCPUS] = { "vcpus", BD_FLEET_NUMBER, "vcpus", false, false, BD_FLEET_IN_CFG,
			     "number of virtual CPUs" },
	/* The one flag that says the opposite of its option: false is --no-net, true is nothing. */
	[BD_FLEET_NETWORK] = { "network", BD_FLEET_FLAG, "no-net", false, false, BD_FLEET_IN_CFG,
			       "false: no network interface; adding one to a guest created without needs a new disk" },
	[BD_FLEET_BRIDGE] = { "bridge", BD_FLEET_TEXT, "bridge", false, false, BD_FLEET_IN_CFG, "bridge in dom0" },
	[BD_FLEET_MAC] = { "mac", BD_FLEET_TEXT, "mac", true, false, BD_FLEET_IN_CFG,
			   "MAC address; the default is derived from fleet and name; files in the guest that go by it are to be changed first" },
	[BD_FLEET_IP] = { "ip", BD_FLEET_LIST, "ip", true, false, BD_FLEET_IN_DISK,
			  "\"dhcp\", or static addresses such as \"192.0.2.{11..30}/24\"" },
	[BD_FLEET_POOL] = { "pool", BD_FLEET_LIST, NULL, false, false, BD_FLEET_IN_DISK,
			    "addresses to assign static ones from: \"FIRST-LAST/LEN\" or \"NETWORK/LEN\"" },
	[BD_FLEET_GATEWAY] = { "gateway", BD_FLEET_TEXT, "gateway", false, false, BD_FLEET_IN_DISK,
			       "default gateway; in \"defaults\", for the guests with a static address" },
	[BD_FLEET_IP6] = { "ip6", BD_FLEET_LIST, "ip6", true, false, BD_FLEET_IN_DISK,
			   "\"auto\", \"dhcp\", \"none\", or static addresses such as \"2001:db8::{11..30}/64\"" },
	[BD_FLEET_GATEWAY6] = { "gateway6", BD_FLEET_TEXT, "gateway6", false, false, BD_FLEET_IN_DISK,
				"default gateway; in \"defaults\", for the guests with a static IPv6 address" },
	[BD_FLEET_NETWORKS] = { "networks", BD_FLEET_NETWORK_LIST, "net", true, false, BD_FLEET_IN_DISK,
				"further interfaces, each an object, or a text such as \"bridge=xenbr1,ip=198.51.100.{11..30}/24\"; what xl has of one, such as \"bridge\", \"mac\" and \"rate\", can change" },
	[BD_FLEET_DNS] = { "dns", BD_FLEET_LIST, "dns", false, false, BD_FLEET_IN_DISK, "name servers" },
	[BD_FLEET_SSH_KEYS] = { "ssh_keys", BD_FLEET_LIST, "ssh-key", true, true, BD_FLEET_ONCE,
				"files of public keys that may log in as root, or as \"user\"" },
	[BD_FLEET_USER] = { "user", BD_FLEET_TEXT, "user", false, false, BD_FLEET_ONCE,
			    "account to make, with sudo; \"ssh_keys\" are for it" },
	[BD_FLEET_ROOT_PASSWORD_HASH] = { "root_password_hash", BD_FLEET_TEXT, "root-password-hash", false, false,
					  BD_FLEET_ONCE,
					  "hash of root's password, as printed by `openssl passwd -6`" },
	[BD_FLEET_ROOT_PASSWORD_FILE] = { "root_password_file", BD_FLEET_TEXT, "root-password-file", true, true,
					  BD_FLEET_ONCE, "file with root's password in its first line" },
	[BD_FLEET_FILES] = { "files", BD_FLEET_LIST, "file", true, true, BD_FLEET_ONCE,
			     "files to copy into the guest, each \"HOST:GUEST\"" },
	[BD_FLEET_APPEND] = { "append", BD_FLEET_TEXT, "append", false, false, BD_FLEET_IN_CFG,
			      "arguments to add to the kernel's command line; of an existing guest, they can change where it boots directly" },
	[BD_FLEET_USER_DATA] = { "user_data", BD_FLEET_TEXT, "user-data", true, true, BD_FLEET_ONCE,
				 "file with user-data for cloud-init" },
	[BD_FLEET_RUN_ONCE] = { "run_once", BD_FLEET_TEXT, "run-once", true, true, BD_FLEET_ONCE,
				"script to run in the guest at its first boot" },
	[BD_FLEET_AUTOSTART] = { "autostart", BD_FLEET_FLAG, NULL, false, false, BD_FLEET_IN_CFG,
				 "whether the guest starts when dom0 boots" },
	[BD_FLEET_KEY_COUNT] = { NULL, BD_FLEET_TEXT, NULL, false, false, BD_FLEET_IN_CFG, NULL },
};

const char *bd_fleet_kind_name(enum bd_fleet_kind kind)
{
	static const char *const names[] = {
		[BD_FLEET_TEXT] = "a string",
		[BD_FLEET_NUMBER] = "a number or a string",
		[BD_FLEET_FLAG] = "true or false",
		[BD_FLEET_LIST] = "a string or an array of strings",
		[BD_FLEET_NETWORK_LIST] = "an object, a string or an array of these",
	};

	return names[kind];
}

const struct bd_fleet_key *bd_fleet_key_find(const char *name)
{
	for (const struct bd_fleet_key *key = bd_fleet_keys; key->name; key++)
		if (strcmp(key->name, name) == 0)
			return key;
	return NULL;
}

struct guess {
	const char *text, *name;
	size_t distance;
};

static void consider(struct guess *guess, const char *name)
{
	size_t edits = bd_text_distance(guess->text, name);

	if (edits < guess->distance) {
		guess->distance = edits;
		guess->name = name;
	}
}

const char *bd_fleet_key_guess(const char *text, const char *const *others, bool keys)
{
	size_t length = strlen(text);
	/* Two slips in a short word make any other of it. */
	struct guess guess = { .text = text, .distance = length < 4 ? 2 : 3 };

	for (const struct bd_fleet_key *key = bd_fleet_keys; keys && key->name; key++)
		if (key->option && strcmp(key->option, text) == 0)
			return key->name;
	for (; others && *others; others++)
		consider(&guess, *others);
	for (const struct bd_fleet_key *key = bd_fleet_keys; keys && key->name; key++)
		consider(&guess, key->name);
	return guess.name;
}
