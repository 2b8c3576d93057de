/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's names of files: "(hd0,gpt2)/path", or "/path" on $root. */
#ifndef BD_BOOTMENU_GRUB_PLACE_H
#define BD_BOOTMENU_GRUB_PLACE_H

#include <stdbool.h>

#include "bootmenu/files.h"
#include "bootmenu/grub/run.h"
#include "bootmenu/menu.h"

struct grub_place {
	char device[BD_BOOTMENU_DEVICE_SIZE]; /* "" for that of the configuration */
	const char *path; /* in the name */
};

/* False: it is no file's name, such as a list of blocks ("+1"), or its device's is too long to be one. */
bool grub_place_of(const struct grub_run *run, const char *name, struct grub_place *place_out);

/* *type_out as of `look` in bootmenu/files.h. */
int grub_place_look(struct grub_run *run, const char *name, char *type_out, struct bd_error *err);

/* *text_out NULL: there is no such file, or it is larger than limit_bytes. The caller frees. */
int grub_place_read(struct grub_run *run, const char *name, size_t limit_bytes, char **text_out, size_t *size_out,
		    struct bd_error *err);

/* E2BIG: the path is longer than others can take. */
int grub_place_copy(const struct grub_place *place, struct bd_bootmenu_path *path_out, struct bd_error *err);

#endif
