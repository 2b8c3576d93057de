/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for a MAC address in the files that configure a guest's network. */
#include "ops/set/known_mac.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/description.h"
#include "guest/nocloud.h"
#include "inside/open.h"
#include "iso/iso.h"
#include "ops/guest/files.h"

#define FILE_BYTES_MAX ((uint64_t)1 << 20)

static const char *const paths[] = {
	"/etc/systemd/network/*",
	"/etc/systemd/network/*.d/*",
	"/etc/netplan/*",
	"/etc/NetworkManager/system-connections/*",
	"/etc/NetworkManager/conf.d/*",
	"/etc/cloud/cloud.cfg",
	"/etc/cloud/cloud.cfg.d/*",
	"/var/lib/cloud/seed/*/*",
	"/etc/udev/rules.d/*",
	"/etc/network/interfaces",
	"/etc/network/interfaces.d/*",
	"/etc/sysconfig/network-scripts/ifcfg-*",
	"/etc/sysconfig/network/ifcfg-*",
};

/* With colons, or hyphens, which systemd-networkd takes as well. */
static bool has_mac(const char *text, size_t size, const char *mac)
{
	const size_t length = strlen(mac);

	for (size_t at = 0; at + length <= size; at++) {
		size_t i = 0;
		while (i < length &&
		       (tolower((unsigned char)text[at + i]) == mac[i] || (mac[i] == ':' && text[at + i] == '-')))
			i++;
		if (i == length)
			return true;
	}
	return false;
}

static int file_has_mac(struct bd_file_stream *stream, uint64_t size_bytes, const char *mac, bool *has_out,
			struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (bd_file_stream_content(stream, size_bytes, &text, err) != 0)
		return -1;
	*has_out = has_mac(text, (size_t)size_bytes, mac);
	return 0;
}

/* What is not there knows nothing. */
static int look_at_files(struct bd_file_stream *stream, const char *mac, bool *knows_out, char path_out[PATH_MAX],
			 struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	int r;

	while ((r = bd_file_stream_next(stream, &entry, err)) > 0) {
		if (r == 2 && err->kind != BD_KIND_NOT_FOUND)
			return -1;
		if (r == 2 || !S_ISREG(entry->meta.mode) || entry->hardlink ||
		    entry->meta.size_bytes > FILE_BYTES_MAX)
			continue;
		snprintf(path_out, PATH_MAX, "%s", entry->path);
		if (file_has_mac(stream, entry->meta.size_bytes, mac, knows_out, err) != 0)
			return -1;
		if (*knows_out)
			return 0;
	}
	return r;
}

static int look_at_seeds(const struct bd_cfg *cfg, const char *mac, bool *knows_out, char path_out[PATH_MAX],
			 struct bd_error *err)
{
	for (size_t i = 0; i < cfg->disk_count; i++) {
		BD_FREE char *text = NULL;
		size_t size = 0;
		if (!bd_path_is_named(cfg->disks[i], cfg->name, GUEST_SEED_SUFFIX))
			continue;
		if (bd_iso_read(cfg->disks[i], BD_NOCLOUD_NETWORK_CONFIG, FILE_BYTES_MAX, &text, &size, err) != 0 &&
		    err->kind != BD_KIND_NOT_FOUND)
			return -1;
		if (!text || !has_mac(text, size, mac))
			continue;
		*knows_out = true;
		snprintf(path_out, PATH_MAX, "%s", cfg->disks[i]);
		return 0;
	}
	return 0;
}

int guest_knows_mac(const struct bd_cfg *cfg, const uint8_t mac[6], bool *knows_out, char path_out[PATH_MAX],
		    struct bd_error *err)
{
	const struct bd_inside_request request = {
		.paths = paths, .path_count = sizeof(paths) / sizeof(*paths), .follow = true, .content = true
	};
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;
	char text[BD_MAC_TEXT_SIZE];

	*knows_out = false;
	bd_mac_format(mac, text);
	if (!cfg->disk_count)
		return bd_fail(err, ENOENT, "it has no disk");
	if (look_at_seeds(cfg, text, knows_out, path_out, err) != 0 || *knows_out)
		return *knows_out ? 0 : -1;
	BD_CLOSE int fd = open(cfg->disks[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return bd_fail_lookup(err, "cannot open %s", cfg->disks[0]);
	if (bd_inside_open(fd, &request, NULL, &stream, err) != 0)
		return -1;
	return look_at_files(stream, text, knows_out, path_out, err);
}
