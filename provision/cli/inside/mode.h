/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modes of files as chmod(1) takes them. */
#ifndef BD_CLI_INSIDE_MODE_H
#define BD_CLI_INSIDE_MODE_H

#include "base/err.h"

/* (mode & keep) | set, and set_if_executable where it is a directory or somebody may execute it ("X"). */
struct mode_change {
	unsigned keep, set, set_if_executable;
	unsigned
		keep_in_directory; /* set-user-ID and set-group-ID, which a mode of up to four digits and "=" leave to directories */
};

/* "0644", or "u=rwX,g-w,+x"; without u, g, o or a, bits of the umask are left alone. BD_EUSAGE: neither. */
int mode_parse(const char *text, struct mode_change *change_out, struct bd_error *err);

#endif
