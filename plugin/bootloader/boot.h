/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of the boot loader: opens the disk, has it read by a child without power, writes the files and the answer. */
#ifndef BD_BOOTLOADER_BOOT_H
#define BD_BOOTLOADER_BOOT_H

#include "base/err.h"
#include "bootloader/options.h"

/* Nothing is left where it fails: neither a file nor a part of an answer. */
int bd_xlboot_run(const struct bd_xlboot_options *options, struct bd_error *err);

#endif
