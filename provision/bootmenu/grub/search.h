/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `search` and search.file, search.fs_uuid and search.fs_label (grub-core/commands/search_wrap.c): the first device
 * of a UUID or label, or with a file. Hints are for a machine's disks and are passed over, but where a file is looked
 * for. */
#ifndef BD_BOOTMENU_GRUB_SEARCH_H
#define BD_BOOTMENU_GRUB_SEARCH_H

#include <stddef.h>

#include "base/err.h"
#include "bootmenu/files.h"
#include "bootmenu/grub/run.h"

/* The words without the command's name. */
int grub_search(struct grub_run *run, char *const *words, size_t count, int *status_out, struct bd_error *err);
/* "search.file" and its like: WHAT [VARIABLE [HINT]...]. */
int grub_search_by(struct grub_run *run, enum bd_bootmenu_search by, char *const *words, size_t count,
		   int *status_out, struct bd_error *err);

#endif
