/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies files out of images, into them, and from one to another. */
#ifndef BD_OPS_INSIDE_COPY_H
#define BD_OPS_INSIDE_COPY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct inside_copy {
	const char *const *sources; /* paths of this host, or GUEST:/path with patterns; end with a NULL */
	const char *destination; /* one side at least is inside an image */
	const char *dir; /* of configs; NULL: the system's */
	bool recursive;
	const char *owner; /* USER:GROUP for all that is put into an image; NULL: each keeps its own */
	bool keeps_labels; /* the sources' SELinux labels count before those of the image's policy */
};

/* As cp(1): where the destination is a directory, into it; several sources demand one. What is put into an image is one
 * transaction. Where the destination is on this host, each file is replaced whole or not at all, and nothing outside of it is
 * written, whatever the image says; what cannot be created is reported, and the others follow. */
int inside_copy(const struct inside_copy *copy, struct bd_error *err);

#endif
