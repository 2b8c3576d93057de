/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other programs, run by argv and never through a shell. */
#ifndef BD_BASE_PROCESS_RUN_H
#define BD_BASE_PROCESS_RUN_H

#include <stddef.h>

#include "base/err.h"

struct bd_run {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH, then in the sbin folders */
	const char *stdin_text; /* NULL: /dev/null */
	const char *directory; /* working directory; NULL: ours */
	char *output; /* the caller's buffer for stdout and stderr together, or NULL: discarded */
	size_t output_size; /* the text is cut to fit and always terminated */
	int also_good; /* a status beside 0 that is no failure; 0: none */
};

/* Runs it to its end. Fails when it cannot be started (ENOPKG: not installed), is killed, ends with a
 * status that is not good (EIO, with the last line of its output in the message), or on cancel (the child gets SIGTERM). */
int bd_run(const struct bd_run *run, struct bd_error *err);

/* Says at --verbose which program is run with which arguments; argv ends with a NULL. */
void bd_run_tell(const char *const *argv);

/* 0 and the program's path in path_out (PATH, then /usr/local/sbin, /usr/sbin, /sbin), or ENOPKG. */
int bd_find_program(const char *name, char *path_out, size_t path_size, struct bd_error *err);

#endif
