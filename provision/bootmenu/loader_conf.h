/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd-boot: loader/loader.conf, and the menu of entries of both types of the Boot Loader Specification on the ESP and the
 * extended boot partition (loader.conf(5), systemd-boot(7)). Its EFI variables are not on the disk, and so "@saved" is nothing here. */
#ifndef BD_BOOTMENU_LOADER_CONF_H
#define BD_BOOTMENU_LOADER_CONF_H

#include <stddef.h>

#include "base/err.h"
#include "bootmenu/bls_list.h"
#include "bootmenu/files.h"

#define BD_LOADER_CONF_FILE_MAX (64u << 10)
#define BD_LOADER_TIMEOUT_MAX_S 65535

struct bd_loader_conf {
	char *default_pattern; /* of a name: "fedora-*"; NULL: none is said; owned */
	int timeout_s; /* 0: the menu is not shown; -1: nothing is said, or it waits */
};

/* text: size_bytes, and a NUL behind them; it is changed. */
int bd_loader_conf_parse(char *text, size_t size_bytes, struct bd_loader_conf *conf_out, struct bd_error *err);
void bd_loader_conf_dispose(struct bd_loader_conf *conf); /* idempotent */

/* Appends the unified kernel images in a directory: name, title, sort_key and version as their .osrel has them; nothing where there is
 * none. */
typedef int (*bd_loader_list_images)(void *context, const char *device, const char *folder, struct bd_bls_list *list,
				     struct bd_error *err);

/* A filesystem, and where on it the files of systemd-boot lie. */
struct bd_loader_place {
	const char *device;
	const char *folder; /* "" or "/boot": has loader/ and EFI/Linux/ */
};

struct bd_loader_request {
	const struct bd_bootmenu_files *files;
	/* The ESP first: of several loader.conf the first counts. */
	const struct bd_loader_place *places;
	size_t place_count;
	const char *architecture; /* as in struct bd_bls_request */
	bd_loader_list_images list_images; /* NULL: nobody reads them */
	void *context; /* its first argument */
};

/* The menu, sorted as systemd-boot does, with its default: the first that the pattern matches (by its name, with or without suffix),
 * else the first without an obstacle. Empty where there are no entries. E2BIG: there are too many. */
int bd_loader_read(const struct bd_loader_request *request, struct bd_bootmenu *menu_out, struct bd_error *err);

#endif
