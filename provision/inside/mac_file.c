/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for MAC addresses in the files that configure a guest's network. */
#include "inside/mac_file.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "inside/open.h"

#define MAC_LENGTH (BD_MAC_FILE_TEXT_SIZE - 1)

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

static bool is_of_mac(char c)
{
	return isxdigit((unsigned char)c) || c == ':' || c == '-';
}

/* With colons, or hyphens, which systemd-networkd takes as well. */
static bool is_mac(const char *text, const char *mac)
{
	for (size_t i = 0; mac[i]; i++)
		if (tolower((unsigned char)text[i]) != mac[i] && !(mac[i] == ':' && text[i] == '-'))
			return false;
	return true;
}

bool bd_mac_is_in(const char *text, size_t size, const char *mac)
{
	for (size_t at = 0; at + MAC_LENGTH <= size; at++)
		if (is_mac(text + at, mac))
			return true;
	return false;
}

static bool is_comment(const char *text, size_t at)
{
	while (at && text[at - 1] != '\n')
		at--;
	return strchr("#;", text[at + strspn(text + at, " \t")]);
}

/* Not a part of something longer, such as a DUID or an IPv6 address. */
static bool is_any_mac(const char *text, size_t size, size_t at)
{
	for (size_t i = 0; i < MAC_LENGTH; i++)
		if (i % 3 == 2 ? text[at + i] != ':' && text[at + i] != '-' : !isxdigit((unsigned char)text[at + i]))
			return false;
	return !(at && is_of_mac(text[at - 1])) && !(at + MAC_LENGTH < size && is_of_mac(text[at + MAC_LENGTH])) &&
	       !is_comment(text, at);
}

static bool find_any_mac(const char *text, size_t size, char mac_out[BD_MAC_FILE_TEXT_SIZE])
{
	for (size_t at = 0; at + MAC_LENGTH <= size; at++) {
		if (!is_any_mac(text, size, at))
			continue;
		memcpy(mac_out, text + at, MAC_LENGTH);
		mac_out[MAC_LENGTH] = '\0';
		return true;
	}
	return false;
}

/* mac: NULL: any. What is not there knows nothing. */
static int look_at_files(struct bd_file_stream *stream, const char *mac, struct bd_mac_file *file_out,
			 struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	int r;

	while ((r = bd_file_stream_next(stream, &entry, err)) > 0) {
		BD_FREE char *text = NULL;
		char path[PATH_MAX];
		if (r == 2 && err->kind != BD_KIND_NOT_FOUND)
			return -1;
		uint64_t size = r == 2 ? 0 : entry->meta.size_bytes;
		if (r == 2 || !S_ISREG(entry->meta.mode) || entry->hardlink || size > BD_MAC_FILE_BYTES_MAX)
			continue;
		snprintf(path, sizeof(path), "%s", entry->path);
		if (bd_file_stream_content(stream, size, &text, err) != 0)
			return -1;
		if (mac ? !bd_mac_is_in(text, size, mac) : !find_any_mac(text, size, file_out->mac))
			continue;
		strcpy(file_out->path, path);
		return 0;
	}
	return r;
}

int bd_mac_file_find(int fd, int partition, const char *mac, struct bd_mac_file *file_out, struct bd_error *err)
{
	const struct bd_inside_request request = { .paths = paths,
						   .path_count = sizeof(paths) / sizeof(*paths),
						   .partition = partition,
						   .follow = true,
						   .content = true };
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;

	*file_out = (struct bd_mac_file){ .path = "" };
	return bd_inside_open(fd, &request, NULL, &stream, err) == 0 ? look_at_files(stream, mac, file_out, err) : -1;
}
