/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing command line, and the package sources on it. */
#ifndef BD_RECIPES_BUILD_SOURCES_H
#define BD_RECIPES_BUILD_SOURCES_H

#include <stddef.h>

#include "base/err.h"

struct bd_words {
	const char **words; /* ends with a NULL; owned, as are the texts */
	size_t count, capacity;
};

int bd_words_add(struct bd_words *words, const char *word, struct bd_error *err);
void bd_words_dispose(struct bd_words *words); /* idempotent */

/* Adds a line of sources.list(5) for each of the suite, its updates and its security updates that this machine's own apt
 * has a mirror for. It adds nothing on a machine that is no Debian, where mmdebstrap has its own mirrors. */
int bd_build_add_sources(struct bd_words *words, const char *suite, struct bd_error *err);

/* From the output of apt-get indextargets: "URI CODENAME" on each line. */
int bd_build_sources_from(struct bd_words *words, const char *suite, const char *targets, struct bd_error *err);

#endif
