/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of files with "*" and "?" in words (grub-core/commands/wildcard.c), as where GRUB has its module regexp: GRUB's signed images
 * always have it. Devices' names have no patterns here, as they are not known. */
#ifndef BD_BOOTMENU_GRUB_PATTERN_H
#define BD_BOOTMENU_GRUB_PATTERN_H

#include "base/err.h"
#include "bootmenu/grub/run.h"

/* A grub_match: "/boot/vmlinuz-*" or "(hd0,gpt2)/v?/x*.cfg", in the order of strcmp(3). */
int grub_pattern_match(struct grub_run *run, const char *word, const struct grub_pattern *pattern,
		       struct grub_words *names, struct bd_error *err);

#endif
