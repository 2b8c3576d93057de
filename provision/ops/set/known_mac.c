/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for a MAC address in the files that configure a guest's network. */
#include "ops/set/known_mac.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/description.h"
#include "guest/nocloud.h"
#include "inside/mac_file.h"
#include "iso/iso.h"
#include "ops/guest/files.h"

static int look_at_seeds(const struct bd_cfg *cfg, const char *mac, bool *knows_out, char path_out[PATH_MAX],
			 struct bd_error *err)
{
	for (size_t i = 0; i < cfg->disk_count; i++) {
		BD_FREE char *text = NULL;
		size_t size = 0;
		if (!bd_path_is_named(cfg->disks[i], cfg->name, GUEST_SEED_SUFFIX))
			continue;
		if (bd_iso_read(cfg->disks[i], BD_NOCLOUD_NETWORK_CONFIG, BD_MAC_FILE_BYTES_MAX, &text, &size, err) !=
			    0 &&
		    err->kind != BD_KIND_NOT_FOUND)
			return -1;
		if (!text || !bd_mac_is_in(text, size, mac))
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
	struct bd_mac_file file;
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
	if (bd_mac_file_find(fd, 0, text, &file, err) != 0)
		return -1;
	strcpy(path_out, file.path);
	*knows_out = *file.path;
	return 0;
}
