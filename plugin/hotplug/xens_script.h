/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Xen's own scripts, beside which the hotplug programs are installed, and to which they leave what is not theirs. */
#ifndef BD_HOTPLUG_XENS_SCRIPT_H
#define BD_HOTPLUG_XENS_SCRIPT_H

#include <limits.h>

#include "base/err.h"

/* Where they are. program: argv[0] of a hotplug program; one that was found by PATH says nothing of its folder, which then is that of
 * `make install`. */
void bd_xens_scripts_folder(const char *program, char folder_out[PATH_MAX]);

/* Executes one in place of this program, with its environment and its arguments, but for argv[0]. Returns on failure only. */
int bd_xens_script_execute(const char *folder, const char *name, char **argv, struct bd_error *err);

#endif
