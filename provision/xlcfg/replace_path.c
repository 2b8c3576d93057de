/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only definition of where a path in a config ends. */
#include "xlcfg/replace_path.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "xlcfg/quote.h"

static bool in_path(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("/._-+~%@#$^\\", c)) || (unsigned char)c >= 0x80;
}

/* The next place where text names exactly this path, and not a longer one. */
static const char *find_path(const char *text, const char *begin, const char *path)
{
	size_t length = strlen(path);

	for (const char *at = strstr(begin, path); at; at = strstr(at + 1, path))
		if ((at == text || !in_path(at[-1])) && !in_path(at[length]))
			return at;
	return NULL;
}

/* Without its quotes. */
static int escape(const char *path, char **escaped_out, struct bd_error *err)
{
	char *quoted;

	if (bd_xlcfg_quote(path, &quoted, err) != 0)
		return -1;
	size_t length = strlen(quoted);
	memmove(quoted, quoted + 1, length - 2);
	quoted[length - 2] = '\0';
	*escaped_out = quoted;
	return 0;
}

int bd_cfg_replace_path(const char *text, const char *path, const char *new_path, char **text_out,
			struct bd_error *err)
{
	BD_FREE char *from = NULL, *to = NULL, *changed = NULL;
	const char *begin = text, *at;
	size_t size;

	if (escape(path, &from, err) != 0 || escape(new_path, &to, err) != 0)
		return -1;
	FILE *out = open_memstream(&changed, &size);
	if (!out)
		return bd_no_memory(err);
	for (; *from && (at = find_path(text, begin, from)); begin = at + strlen(from))
		fprintf(out, "%.*s%s", (int)(at - begin), begin, to);
	fputs(begin, out);
	if (fclose(out) != 0)
		return bd_no_memory(err);
	*text_out = bd_take_ptr(changed);
	return 0;
}

int bd_cfg_replace_title(const char *text, const char *name, const char *new_name, char **text_out,
			 struct bd_error *err)
{
	BD_FREE char *title = NULL;
	char *changed;

	if (bd_text_format(&title, err, "# %s, made by xen-bigdisk", name) != 0)
		return -1;
	bool ours = strncmp(text, title, strlen(title)) == 0;
	if (bd_text_format(&changed, err, "%s%s%s", ours ? "# " : "", ours ? new_name : "",
			   ours ? text + strlen("# ") + strlen(name) : text) != 0)
		return -1;
	*text_out = changed;
	return 0;
}
