/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line that libxl gives a boot loader (make_bootloader_args of tools/libs/light/libxl_bootloader.c, Xen 4.17 to
 * 4.22). Pure, but for the search for the program. */
#ifndef BD_LIBXL_BOOTLOADER_COMMAND_H
#define BD_LIBXL_BOOTLOADER_COMMAND_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include <libxl.h>

#include "base/err.h"

/* What of the command line is not in the config. */
struct bd_bootloader_call {
	const char *program; /* argv[0] */
	const char *disk; /* what is booted from */
	const char *output; /* the file for its answer */
	const char *directory; /* where it puts the kernel and the ramdisk */
	bool restricted; /* it is to give up its privileges, and become uid */
	uid_t uid;
};

/* A name without a leading "/" is looked for in the folders (which end with a NULL), then as a path or by PATH, as libxl and
 * execvp(3) do. false: there is no such program. */
bool bd_bootloader_program(const char *name, const char *const *folders, char path_out[PATH_MAX]);

/* Ends with a NULL; bd_bootloader_command_free() frees it. */
int bd_bootloader_command(const libxl_domain_build_info *info, const struct bd_bootloader_call *call,
			  char ***argv_out, struct bd_error *err);
void bd_bootloader_command_free(char ***argv);

#endif
