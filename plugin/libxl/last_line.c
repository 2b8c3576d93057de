/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the last line of a log. */
#include "libxl/last_line.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* Python colours its tracebacks. */
static void drop_colours(char *text)
{
	char *to = text;
	for (const char *from = text; *from;) {
		if (from[0] == '\033' && from[1] == '[') {
			from += 2 + strspn(from + 2, "0123456789;");
			from += *from != '\0';
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

void bd_add_last_line(const char *path, struct bd_error *err)
{
	char line[512], last[200] = "";
	BD_FCLOSE FILE *log = fopen(path, "re");
	while (log && fgets(line, sizeof(line), log))
		if (line[strspn(line, " \t\r\n")])
			snprintf(last, sizeof(last), "%.*s", (int)strcspn(line, "\r\n"), line);
	drop_colours(last);
	struct bd_error before = *err;
	if (*last)
		bd_fail_as(err, &before, "%s: %s (%s)", before.message, last, path);
}
