/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two trees inside images, or between one and a template. */
#ifndef BD_OPS_INSIDE_DIFF_H
#define BD_OPS_INSIDE_DIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/file_meta.h"

/* What of a file differs, as bits. */
enum {
	INSIDE_DIFF_TYPE = 1, /* then nothing else is compared */
	INSIDE_DIFF_CONTENT = 2, /* the size too */
	INSIDE_DIFF_MODE = 4,
	INSIDE_DIFF_OWNER = 8,
	INSIDE_DIFF_ATTRIBUTES = 16, /* extended ones, and ACLs */
	INSIDE_DIFF_TIME = 32, /* of modification */
	INSIDE_DIFF_TARGET = 64, /* of a symbolic link */
	INSIDE_DIFF_DEVICE = 128, /* its number */
};

/* One file; the pointers are valid during the call. */
struct inside_difference {
	const char *path; /* from the tops of the trees: "/etc/fstab" */
	const struct bd_file_meta *from, *to; /* NULL: it is not there */
	unsigned bits; /* 0 where one is NULL */
};

struct inside_diff {
	const char *from, *to; /* GUEST:/path or IMAGE:/path; from is NULL: the template */
	const char *template,
		*templates; /* its name, NULL: that which the guest was made from; the folder of templates, or NULL */
	const char *dir; /* of configs; NULL: the system's */
	bool times; /* are compared as well */
	int (*take)(void *context, const struct inside_difference *difference, struct bd_error *err);
	void *context;
};

/* In the order of the paths' components. different_out: there is a difference. */
int inside_diff(const struct inside_diff *diff, bool *different_out, struct bd_error *err);

#endif
