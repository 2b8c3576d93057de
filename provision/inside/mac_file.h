/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files in a disk's root filesystem that know a network interface by its MAC address: those of systemd-networkd, netplan,
 * NetworkManager, cloud-init, udev, ifupdown and the network scripts. An interface with another address is without its network. */
#ifndef BD_INSIDE_MAC_FILE_H
#define BD_INSIDE_MAC_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BD_MAC_FILE_TEXT_SIZE 18
#define BD_MAC_FILE_BYTES_MAX ((uint64_t)1 << 20) /* a longer one is no configuration */

struct bd_mac_file {
	char path[PATH_MAX]; /* "": there is none */
	char mac[BD_MAC_FILE_TEXT_SIZE]; /* the first in it, where any was looked for */
};

/* The first such file. fd: of the image, borrowed; its offset moves. partition: as struct bd_inside_request has it. mac:
 * "00:16:3e:01:02:03", in lower case; NULL: any that is not in a comment. */
int bd_mac_file_find(int fd, int partition, const char *mac, struct bd_mac_file *file_out, struct bd_error *err);

/* In any spelling; text needs no end. */
bool bd_mac_is_in(const char *text, size_t size, const char *mac);

#endif
