/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One of two trees that are compared: its files in the order of their paths' components, and their content. */
#ifndef BD_OPS_INSIDE_DIFF_SIDE_H
#define BD_OPS_INSIDE_DIFF_SIDE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/file_meta.h"

struct diff_side {
	void *source; /* owned */
	/* 1: a file, until the next call; path: "/etc/motd", "/" of the top. 0: there is no more. */
	int (*next)(void *source, const char **path_out, const struct bd_file_meta **meta_out, struct bd_error *err);
	/* Of its content, at rising offsets; what is left out is zeros. 1: a block, until the next call. 0: there is no more. */
	int (*block)(void *source, const void **data_out, size_t *size_out, uint64_t *offset_out,
		     struct bd_error *err);
	/* At its end: what is doubtful about it. May be NULL. */
	void (*warn)(void *source);
	void (*dispose)(void *source);
};

void diff_side_dispose(struct diff_side *side); /* idempotent */

/* GUEST:/path or IMAGE:/path. */
int diff_side_image(const char *text, const char *dir, struct diff_side *side_out, struct bd_error *err);
/* A template of the store. */
int diff_side_template(const char *name, const char *templates, struct diff_side *side_out, struct bd_error *err);

#endif
