/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `test` and `[`, by the rules of grub-core/commands/test.c: no precedence but that of -o below all others, and what
 * is no operator is a string, which is true unless it is empty. */
#ifndef BD_BOOTMENU_GRUB_CONDITION_H
#define BD_BOOTMENU_GRUB_CONDITION_H

#include <stddef.h>

#include "base/err.h"
#include "bootmenu/grub/run.h"

/* The words without the command's name; a "]" at their end is passed over. Files' times are not known: -nt and -ot
 * are false. */
int grub_condition(struct grub_run *run, char *const *words, size_t count, int *status_out, struct bd_error *err);

#endif
