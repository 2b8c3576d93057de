/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `probe` (grub-core/commands/probe.c): what is known of a device's filesystem, for a variable. Without --set GRUB prints it. */
#ifndef BD_BOOTMENU_GRUB_PROBE_H
#define BD_BOOTMENU_GRUB_PROBE_H

#include <stddef.h>

#include "base/err.h"
#include "bootmenu/grub/run.h"

/* The words without the command's name. Its UUID and its label are told where `describe` of the files knows them; the command fails where
 * it does not, and for all else that it could be asked. */
int grub_probe(struct grub_run *run, char *const *words, size_t count, int *status_out, struct bd_error *err);

#endif
