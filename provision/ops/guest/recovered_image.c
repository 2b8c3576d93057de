/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recreates the lost config of an image from the files in it that `new` has written (guest/network_files.h,
 * guest/cloud_init.c). */
#include "ops/guest/recovered_image.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/random.h"
#include "base/text.h"
#include "disk/facts.h"
#include "guest/description.h"
#include "inside/examine/examine.h"
#include "inside/read_file.h"
#include "ops/host/boot_preview.h"
#include "ops/host/host.h"
#include "xlcfg/write.h"

#define MEMORY_MIB 512 /* as `new` gives */
#define FILE_BYTES_MAX 65536

struct inside {
	const char *image;
	int partition;
};

/* A small file of the guest's; false: there is none such. */
static bool read_inside(const struct inside *inside, const char *path, char text_out[FILE_BYTES_MAX])
{
	struct bd_error not_there = BD_ERROR_INIT;
	BD_FREE char *text = NULL;
	size_t size;

	if (bd_inside_read_file_of(inside->image, inside->partition, path, FILE_BYTES_MAX - 1, &text, &size,
				   &not_there) != 0 ||
	    strlen(text) != size)
		return false;
	memcpy(text_out, text, size + 1);
	return true;
}

/* What stands behind KEY on the line that begins with it, blanks before it aside, without quotes. */
static bool find_line(const char *text, const char *key, char value_out[64])
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n \t");
		if (strncmp(line, key, length) != 0)
			continue;
		const char *value = line + length + strspn(line + length, " \t\"");
		snprintf(value_out, 64, "%.*s", (int)strcspn(value, " \t\"\r\n"), value);
		return true;
	}
	return false;
}

struct place {
	const char *path, *key;
};

/* The first value of the places (the last has no path) that parse() takes. */
static bool find_value(const struct inside *inside, const struct place *places,
		       int (*parse)(const char *text, uint8_t *out, struct bd_error *err), uint8_t *out)
{
	BD_FREE char *text = malloc(FILE_BYTES_MAX);
	struct bd_error none;
	char value[64];

	for (; text && places->path; places++)
		if (read_inside(inside, places->path, text) && find_line(text, places->key, value) &&
		    parse(value, out, &none) == 0)
			return true;
	return false;
}

static const struct place mac_places[] = {
	{ "/etc/systemd/network/10-xen-bigdisk.link", "MACAddress=" },
	{ "/etc/systemd/network/10-xen-bigdisk.network", "MACAddress=" },
	{ "/etc/NetworkManager/system-connections/xen-bigdisk.nmconnection", "mac-address=" },
	{ "/etc/netplan/10-xen-bigdisk.yaml", "macaddress:" },
	{ "/var/lib/cloud/seed/nocloud/network-config", "macaddress:" },
	{ "/var/lib/cloud/seed/nocloud/network-config", "mac_address:" },
	{ NULL, NULL },
};

static const struct place uuid_places[] = {
	{ "/var/lib/cloud/seed/nocloud/meta-data", "instance-id:" },
	{ "/etc/NetworkManager/system-connections/xen-bigdisk.nmconnection", "uuid=" },
	{ NULL, NULL },
};

/* The file's name, without its ".img". */
static int set_name(struct bd_guest *guest, const char *image, struct bd_error *err)
{
	BD_FREE char *name = strdup(bd_path_last(image));

	if (!name)
		return bd_no_memory(err);
	if (bd_text_ends_in(name, ".img"))
		name[strlen(name) - strlen(".img")] = '\0';
	return bd_guest_set_name(guest, name, err) == 0
		       ? 0
		       : bd_wrap(err, "cannot name a guest after the file %s", image);
}

/* pygrub, as for a new guest, unless only our boot loader finds something to boot. */
static enum bd_guest_boot choose_boot(const char *image)
{
	BD_CLOSE int fd = open(image, O_RDONLY | O_CLOEXEC);
	const struct boot_preview_request request = { .disk = image };
	struct bd_error ignored;
	bool is_for_pygrub;

	if (fd < 0 || bd_examine_for_pygrub(fd, &is_for_pygrub, &ignored) != 0 || is_for_pygrub ||
	    boot_preview_check(&request, &ignored) != 0)
		return BD_BOOT_PYGRUB;
	return BD_BOOT_BIGDISK;
}

static int describe(const char *image, struct bd_guest *guest, bool *knows_mac_out, bool *knows_uuid_out,
		    struct bd_error *err)
{
	struct bd_disk_facts disk;
	const struct bd_random random = { 0 };

	*guest = (struct bd_guest){ .boot = BD_BOOT_PYGRUB, .memory_mib = MEMORY_MIB, .vcpus = 1 };
	if (set_name(guest, image, err) != 0 || bd_disk_look(image, &disk, err) != 0)
		return -1;
	if (disk.unreadable)
		return bd_fail(err, disk.unreadable, "cannot read %s: %s", image, strerror(disk.unreadable));
	if (!disk.has_root_uuid)
		return bd_fail(err, EINVAL,
			       "%s has no ext filesystem in its first partition, so that nothing is known of a "
			       "guest on it",
			       image);
	guest->boot = choose_boot(image);
	struct inside inside = { image, disk.root_start_bytes ? 1 : 0 };
	struct bd_network network = { 0 };
	bd_host_default_bridge(network.bridge);
	*knows_mac_out = find_value(&inside, mac_places, bd_mac_parse, network.mac);
	*knows_uuid_out = find_value(&inside, uuid_places, bd_parse_uuid, guest->uuid);
	if (!*knows_mac_out && bd_mac_random(&random, "mac", network.mac, err) != 0)
		return -1;
	if (bd_networks_copy(&network, 1, &guest->networks, err) != 0)
		return -1;
	return *knows_uuid_out ? 0 : bd_random_fill_uuid(&random, "domain uuid", guest->uuid, err);
}

int recovered_image_text(const char *image, char **text_out, struct bd_error *err)
{
	struct bd_guest guest = { .name = "" };
	BD_FREE char *text = NULL;
	bool knows_mac = false, knows_uuid = false;

	const struct bd_xlcfg_files files = { .image = image };
	int r = describe(image, &guest, &knows_mac, &knows_uuid, err);
	if (r == 0)
		r = bd_xlcfg_format(&guest, &files, &text, err);
	bd_networks_dispose(&guest.networks);
	if (r != 0)
		return -1;
	return bd_text_format(
		text_out, err,
		"# Written for the disk alone, look it through: the name is its file's, the UUID is %s, the MAC address is %s; type, "
		"memory, vcpus and bridge are what a new guest gets.\n%s",
		knows_uuid ? "the guest's own" : "a new one", knows_mac ? "the guest's own" : "a new one", text);
}
