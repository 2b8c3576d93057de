/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes strings for an xl config. */
#include "xlcfg/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int bd_xlcfg_quote(const char *text, char **quoted_out, struct bd_error *err)
{
	char *quoted = malloc(2 * strlen(text) + 3), *to = quoted;

	if (!quoted)
		return bd_no_memory(err);
	*to++ = '"';
	for (const char *from = text; *from; from++) {
		if ((unsigned char)*from < 0x20 || *from == 0x7f) {
			free(quoted);
			return bd_fail(err, EINVAL,
				       "\"%s\" contains a control character, which an xl config cannot represent",
				       text);
		}
		if (*from == '"' || *from == '\\')
			*to++ = '\\';
		*to++ = *from;
	}
	*to++ = '"';
	*to = '\0';
	*quoted_out = quoted;
	return 0;
}

int bd_xlcfg_put_string(FILE *out, const char *key, const char *value, struct bd_error *err)
{
	BD_FREE char *quoted = NULL;

	if (bd_xlcfg_quote(value, &quoted, err) != 0)
		return -1;
	fprintf(out, "%s = %s\n", key, quoted);
	return 0;
}
