/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands by their names. What is not here does nothing and is true, as a command that GRUB does not know: echo,
 * insmod, save_env, terminal_output, loadfont and many others, which change nothing of what is booted. */
#ifndef BD_BOOTMENU_GRUB_COMMANDS_H
#define BD_BOOTMENU_GRUB_COMMANDS_H

#include "bootmenu/grub/run.h"

/* Of a run that belongs to a session. */
grub_dispatch grub_commands_dispatch;

#endif
