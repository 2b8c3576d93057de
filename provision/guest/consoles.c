/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds lines for the consoles to files that list terminals. */
#include "guest/consoles.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "rootfs/colon_file.h"

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

/* Of inittab(5), whose fields are separated by colons. */
enum { INITTAB_ID, INITTAB_LEVELS, INITTAB_ACTION, INITTAB_PROCESS };

/* The line with a login on /dev/console: by the name of that, or, with busybox, by none at all. The kernel's console is hvc0
 * or the serial port, whichever is there. */
static bool is_console_login(const char *line)
{
	const bool asks_first = bd_colon_is(line, INITTAB_ACTION, "askfirst");
	size_t size;
	const char *process = bd_colon_field(line, INITTAB_PROCESS, &size);

	size = strcspn(process, "\n"); /* there may be colons in it */
	if (*line == '#' || !size || (!asks_first && !bd_colon_is(line, INITTAB_ACTION, "respawn")))
		return false;
	/* A process with "-" before it is a login shell. */
	if (bd_colon_is(line, INITTAB_ID, "console") ||
	    (bd_colon_is(line, INITTAB_ID, "") && (asks_first || *process == '-')))
		return true;
	return memmem(process, size, "getty", 5) && memmem(process, size, "console", 7);
}

static bool has_console_login(const char *text)
{
	for (const char *line = text; line; line = bd_colon_next(line))
		if (is_console_login(line))
			return true;
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

/* Appends a line for each console that the text does not have. NULL in *changed_out: it has them all. */
static int complete(const char *text, void (*write)(FILE *out, const char *console, bool sysvinit),
		    char **changed_out, struct bd_error *err)
{
	const size_t length = strlen(text);
	bool any = false;
	size_t size;
	FILE *out = open_memstream(changed_out, &size);

	if (!out)
		return bd_no_memory(err);
	fprintf(out, "%s%s", text, length && text[length - 1] != '\n' ? "\n" : "");
	for (size_t i = 0; i < sizeof(consoles) / sizeof(*consoles); i++)
		if (!mentions(text, consoles[i])) {
			write(out, consoles[i], mentions(text, ":initdefault:"));
			any = true;
		}
	if (fclose(out) != 0)
		return bd_no_memory(err);
	if (!any) {
		free(*changed_out);
		*changed_out = NULL;
	}
	return 0;
}

static int complete_file(const struct bd_overlay *overlay, const char *path,
			 void (*write)(FILE *out, const char *console, bool sysvinit), struct bd_error *err)
{
	BD_FREE char *text = NULL, *changed = NULL;

	if (bd_overlay_read(overlay, path, &text, err) != 0)
		return -1;
	/* A second getty would take every other key of whoever logs in. */
	if (!text || (write == write_getty && has_console_login(text)))
		return 0;
	if (complete(text, write, &changed, err) != 0)
		return -1;
	return changed ? bd_overlay_rewrite(overlay, path, 0644, changed, err) : 0;
}

/* runit's services are folders, and enabled by a symlink: Void brings one for each console. */
static int enable_runit(const struct bd_overlay *overlay, struct bd_error *err)
{
	static const char service[] = "/etc/sv/agetty-hvc0", enabled[] = "/etc/runit/runsvdir/default/agetty-hvc0";
	mode_t there, wanted;

	if (bd_overlay_mode(overlay, service, &there, err) != 0 ||
	    bd_overlay_mode(overlay, enabled, &wanted, err) != 0)
		return -1;
	return there && !wanted ? bd_overlay_put_symlink(overlay, enabled, service, err) : 0;
}

int bd_consoles_add(const struct bd_system *system, const struct bd_overlay *overlay, struct bd_error *err)
{
	if (!system->systemd &&
	    (complete_file(overlay, "/etc/inittab", write_getty, err) != 0 || enable_runit(overlay, err) != 0))
		return -1;
	return complete_file(overlay, "/etc/securetty", write_terminal, err);
}
