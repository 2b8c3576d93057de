/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disk offers, printed: --list-entries. */
#ifndef BD_BOOTLOADER_MENU_LIST_H
#define BD_BOOTLOADER_MENU_LIST_H

#include <stdio.h>

#include "base/err.h"
#include "bootmenu/menu.h"

/* The five lines of each entry that pygrub prints (tools/pygrub/src/pygrub, run_grub): title, root, kernel, args,
 * initrd, with pygrub's "None" for what there is not, and its "d0p1" for (hd0,msdos1). Behind them, where there is
 * something to say: submenu, obstacle, the file that has defined it, and which one is the default, and why. What a terminal
 * must not get is \xHH. EIO: it cannot be written. */
int bd_menu_list_text(const struct bd_bootmenu *menu, FILE *out, struct bd_error *err);

/* An object: "entries", each with index, title, id, submenu, kernel, initrds, arguments, default, obstacle and
 * file; "default", the index of that; "chosen_by", why it is that; "timeout_s". What there is not is null. A file on another filesystem than the
 * configuration is as GRUB writes it: "(hd0,gpt2)/vmlinuz". The menu is as bootloader/result.h has it. */
int bd_menu_list_json(const struct bd_bootmenu *menu, FILE *out, struct bd_error *err);

#endif
