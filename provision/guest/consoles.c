/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds lines for the consoles to files that list terminals. */
#include "guest/consoles.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const consoles[] = { "hvc0", "ttyS0" };

/* A line that is no comment speaks of it. */
static bool mentions(const char *text, const char *word)
{
	for (const char *at = text; (at = strstr(at, word)); at++) {
		const char *line = at;
		while (line > text && line[-1] != '\n')
			line--;
		if (*line != '#')
			return true;
	}
	return false;
}

/* sysvinit's lines have a run level in the second field, and one of them says which is the default. */
static void write_getty(FILE *out, const char *console, bool sysvinit)
{
	if (sysvinit)
		fprintf(out, "%s:2345:respawn:/sbin/getty -L %s 115200 vt100\n", console + strlen(console) - 2,
			console);
	else
		fprintf(out, "%s::respawn:/sbin/getty -L 115200 %s vt100\n", console, console);
}

static void write_terminal(FILE *out, const char *console, bool unused)
{
	(void)unused;
	fprintf(out, "%s\n", console);
}

/* Appends a line for each console that the file does not have. */
static int complete(const struct bd_overlay *overlay, const char *path,
		    void (*write)(FILE *out, const char *console, bool sysvinit), struct bd_error *err)
{
	BD_FREE char *text = NULL, *changed = NULL;
	size_t size, length;

	if (bd_overlay_read(overlay, path, &text, err) != 0)
		return -1;
	if (!text)
		return 0;
	FILE *out = open_memstream(&changed, &size);
	if (!out)
		return bd_no_memory(err);
	length = strlen(text);
	fputs(text, out);
	if (length && text[length - 1] != '\n')
		fputc('\n', out);
	for (size_t i = 0; i < sizeof(consoles) / sizeof(*consoles); i++)
		if (!mentions(text, consoles[i]))
			write(out, consoles[i], mentions(text, ":initdefault:"));
	if (fclose(out) != 0)
		return bd_no_memory(err);
	return strcmp(text, changed) == 0 ? 0 : bd_overlay_rewrite(overlay, path, 0644, changed, err);
}

int bd_consoles_add(const struct bd_system *system, const struct bd_overlay *overlay, struct bd_error *err)
{
	if (!system->systemd && complete(overlay, "/etc/inittab", write_getty, err) != 0)
		return -1;
	return complete(overlay, "/etc/securetty", write_terminal, err);
}
