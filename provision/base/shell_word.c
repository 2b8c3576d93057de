/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes words for sh(1). */
#include "base/shell_word.h"

#include <stdio.h>
#include <stdlib.h>

char *bd_shell_word(const char *path)
{
	size_t size;
	char *word;

	for (const char *at = path; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return NULL;
	FILE *out = open_memstream(&word, &size);
	if (!out)
		return NULL;
	/* A path that begins so would be taken for an option. */
	fputs(*path == '-' ? "'./" : "'", out);
	for (const char *at = path; *at; at++)
		if (*at == '\'')
			fputs("'\\''", out);
		else
			fputc(*at, out);
	fputc('\'', out);
	if (fclose(out) == 0)
		return word;
	free(word);
	return NULL;
}
