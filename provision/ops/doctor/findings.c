/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of findings: each has one line of text and one of advice, whatever file names they contain. */
#include "ops/doctor/findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/shell_word.h"

/* The texts may quote names of files, which can have anything in them. */
static char *one_line(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return NULL;
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return text;
}

void doctor_found(struct doctor *doctor, const char *check, enum doctor_state state, const char *format, ...)
{
	struct bd_error none;
	va_list args;

	if (bd_array_grow(doctor->findings, doctor->count, &none) != 0) {
		doctor->out_of_memory = true;
		return;
	}
	va_start(args, format);
	doctor->findings[doctor->count] =
		(struct doctor_finding){ .check = check, .state = state, .found = one_line(format, args) };
	va_end(args);
	doctor->out_of_memory |= !doctor->findings[doctor->count++].found;
}

void doctor_advise(struct doctor *doctor, const char *format, ...)
{
	va_list args;

	if (!doctor->count)
		return;
	struct doctor_finding *last = &doctor->findings[doctor->count - 1];
	free(last->advice);
	va_start(args, format);
	last->advice = one_line(format, args);
	va_end(args);
	doctor->out_of_memory |= !last->advice;
}

void doctor_advise_command(struct doctor *doctor, const char *what, const char *command, const char *path)
{
	BD_FREE char *word = bd_shell_word(path);

	if (word)
		doctor_advise(doctor, "%s: %s %s", what, command, word);
	else
		doctor_advise(
			doctor,
			"%s, with %s; its name contains control characters, so no command is shown; ls -b prints it "
			"escaped",
			what, command);
}

/* It failed because this user, who is not root, may not read it: that says nothing about its state. */
static bool may_not_read(const struct bd_error *err)
{
	return err->code == EACCES && geteuid() != 0;
}

bool doctor_unreadable(struct doctor *doctor, const char *check, const struct bd_error *err)
{
	bool closed = may_not_read(err);

	doctor_found(doctor, check, closed ? DOCTOR_UNCHECKED : DOCTOR_PROBLEM, "%s%s", err->message,
		     closed ? " (run doctor as root)" : "");
	return !closed;
}
