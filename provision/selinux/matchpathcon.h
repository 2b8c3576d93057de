/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks libselinux for labels, by its program matchpathcon(8).
 *
 * The regular expressions in a policy are a template's, so the library that compiles and matches them runs confined
 * (sandbox/program.h): it reads one text, which is never a compiled one, and no other file of the template or of the host's
 * own policy. */
#ifndef BD_SELINUX_MATCHPATHCON_H
#define BD_SELINUX_MATCHPATHCON_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct bd_selinux_query {
	char *path; /* owned */
	mode_t mode; /* of which S_IFMT counts */
	char *label; /* the answer, owned; NULL: the policy has none for it (<<none>>, or no line) */
};

/* Frees them, and the array. */
void bd_selinux_queries_free(struct bd_selinux_query *queries, size_t count);

/* contexts: bd_selinux_policy.contexts. Where it fails, some of the queries may have labels. ENOPKG: matchpathcon is not
 * installed; E2BIG: the policy's labels are too long for so many files. */
int bd_selinux_ask(const char *contexts, struct bd_selinux_query *queries, size_t count, struct bd_error *err);

#endif
