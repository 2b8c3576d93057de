/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a guest's host key from its disk. */
#include "ops/fleet/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "ext3/reader/file.h"

#define HOST_KEY_PATH "/etc/ssh/ssh_host_ed25519_key.pub"

int fleet_export_host_key(const struct fleet_item *item, char key_out[FLEET_HOST_KEY_SIZE], struct bd_error *err)
{
	BD_CLOSE int fd = memfd_create("key", MFD_CLOEXEC);
	const struct guest_facts *facts = item->facts;

	if (fd < 0)
		return bd_fail_errno(err, "cannot make a file in memory");
	if (!facts->has_disk || !facts->disk.has_root_uuid)
		return bd_fail(err, EIO, "cannot read its disk");
	if (bd_ext3_read_file(facts->cfg->disks[0], facts->disk.root_start_bytes, HOST_KEY_PATH, fd, err) != 0)
		return -1;
	ssize_t size = bd_pread_full(fd, key_out, FLEET_HOST_KEY_SIZE - 1, 0);
	if (size < 0)
		return bd_fail_errno(err, "cannot read its key");
	key_out[size] = '\0';
	/* What is inside a guest is the guest's to say: it must be one key, and nothing that ends a line. */
	for (char *at = key_out; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '\0';
	char *blank = strchr(key_out, ' ');
	if (!blank || strncmp(key_out, "ssh-", 4) != 0)
		return bd_fail(err, EINVAL, HOST_KEY_PATH " contains no public key");
	blank[1 + strcspn(blank + 1, " ")] = '\0';
	return 0;
}
