/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the top until a path comes that is not below it. */
#include "ops/inside/top.h"

#include <stdlib.h>
#include <string.h>

void inside_top_dispose(struct inside_top *top)
{
	free(top->path);
	*top = (struct inside_top){ 0 };
}

static bool is_below(const struct inside_top *top, const char *path)
{
	size_t size = top->path ? strlen(top->path) : 0;

	return top->path && strncmp(path, top->path, size) == 0 && (path[size] == '/' || size == 1);
}

int inside_top_take(struct inside_top *top, const char *path, const char **name_out, struct bd_error *err)
{
	if (!is_below(top, path)) {
		const char *slash = strrchr(path, '/');
		free(top->path);
		top->path = strdup(path);
		if (!top->path)
			return bd_no_memory(err);
		top->name_at = slash ? (size_t)(slash + 1 - path) : 0;
		top->is_contents = strcmp(path, "/") == 0 || strcmp(path + top->name_at, ".") == 0;
		if (top->is_contents)
			top->name_at = strlen(path);
	}
	*name_out = path + top->name_at;
	*name_out += strspn(*name_out, "/");
	return 0;
}
