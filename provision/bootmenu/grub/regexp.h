/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `regexp [--set [NUMBER:]VARIABLE]... PATTERN TEXT` (grub-core/commands/regexp.c): POSIX's extended expressions, by the C library. */
#ifndef BD_BOOTMENU_GRUB_REGEXP_H
#define BD_BOOTMENU_GRUB_REGEXP_H

#include <stddef.h>

#include "base/err.h"
#include "bootmenu/grub/run.h"

/* The words without the command's name. What may take the C library very long, or very much memory, is not matched: expressions of more
 * than GRUB_REGEXP_MAX bytes, of texts of more than GRUB_REGEXP_TEXT_MAX, with references back, or with repetitions of repetitions that come to more than GRUB_REGEXP_REPEATS_MAX;
 * the command fails then, as for an expression that is wrong. */
int grub_regexp(struct grub_run *run, char *const *words, size_t count, int *status_out, struct bd_error *err);

#endif
