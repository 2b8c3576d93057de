/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modes of files as chmod(1) takes them, octal and symbolic. */
#ifndef BD_BASE_FILE_MODE_H
#define BD_BASE_FILE_MODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define BD_MODE_STEPS_MAX 64

/* What an operator, "+", "-" or "=", does to a mode. */
struct bd_mode_step {
	char op;
	char copied; /* 'u', 'g' or 'o': whose permissions are meant ("g=u"); 0: bits */
	bool is_execute_if_any; /* "X": the x bits too, of a directory and of what anybody may execute at that point */
	unsigned bits;
	unsigned whose; /* 0: nobody was named, so the umask limits the bits */
	unsigned mentioned; /* set-user-ID and set-group-ID of a directory stay unless they are among these */
};

struct bd_mode_change {
	struct bd_mode_step steps[BD_MODE_STEPS_MAX];
	size_t step_count;
	unsigned umask; /* of this process */
};

/* "0644", or "u=rwX,g-w,+x". BD_EUSAGE: neither. */
int bd_mode_parse(const char *text, struct bd_mode_change *change_out, struct bd_error *err);

/* mode may have a type of file beside the permissions, which stays. */
unsigned bd_mode_change(const struct bd_mode_change *change, unsigned mode, bool is_directory);

#endif
