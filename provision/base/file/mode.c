/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads modes, and applies them step by step, as GNU chmod does (modechange.c of gnulib). */
#include "base/file/mode.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ALL 07777u
#define SET_IDS 06000u
#define STICKY 01000u
#define SHORT_OCTAL_DIGITS 4 /* so many say nothing about the set-IDs of a directory */

static unsigned mask_of_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

/* What "u", "g" or "o" is about, set-user-ID, set-group-ID and the sticky bit included. */
static unsigned who_bits(char who)
{
	switch (who) {
	case 'u':
		return 04700;
	case 'g':
		return 02070;
	case 'o':
		return 01007;
	case 'a':
		return ALL;
	default:
		return 0;
	}
}

static unsigned permission_bits(char permission)
{
	switch (permission) {
	case 'r':
		return 0444;
	case 'w':
		return 0222;
	case 'x':
		return 0111;
	case 's':
		return SET_IDS;
	case 't':
		return STICKY;
	default:
		return 0;
	}
}

/* From the operator on; NULL: there is none, or there are too many. */
static const char *parse_step(const char *at, unsigned whose, struct bd_mode_change *change)
{
	if (!*at || !strchr("+-=", *at) || change->step_count == BD_MODE_STEPS_MAX)
		return NULL;
	struct bd_mode_step *step = &change->steps[change->step_count++];
	*step = (struct bd_mode_step){ .op = *at++, .whose = whose };
	if (*at && strchr("ugo", *at)) {
		step->copied = *at++;
	} else {
		for (; *at == 'X' || permission_bits(*at); at++) {
			step->bits |= permission_bits(*at);
			step->is_execute_if_any |= *at == 'X';
		}
	}
	step->mentioned = whose ? whose & step->bits : step->bits;
	return at;
}

/* One clause, such as "ug+rw-x"; NULL: it is none. */
static const char *parse_clause(const char *at, struct bd_mode_change *change)
{
	unsigned whose = 0;

	for (; who_bits(*at); at++)
		whose |= who_bits(*at);
	do
		at = parse_step(at, whose, change);
	while (at && *at && *at != ',');
	return at;
}

static bool parse_octal(const char *text, struct bd_mode_change *change)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (text[0] < '0' || text[0] > '7' || *end || mode > ALL)
		return false;
	change->step_count = 1;
	change->steps[0] = (struct bd_mode_step){
		.op = '=',
		.bits = (unsigned)mode,
		.whose = ALL,
		.mentioned = strlen(text) > SHORT_OCTAL_DIGITS ? ALL : (unsigned)mode,
	};
	return true;
}

int bd_mode_parse(const char *text, struct bd_mode_change *change_out, struct bd_error *err)
{
	const char *at = text;

	change_out->step_count = 0;
	change_out->umask = mask_of_umask();
	if (parse_octal(text, change_out))
		return 0;
	for (;;) {
		at = parse_clause(at, change_out);
		if (at && !*at)
			return 0;
		if (!at)
			return bd_usage(err, "\"%s\" is no mode; write 0644, or u=rwX,go-w", text);
		at++;
	}
}

/* Those of user, group or others, for everybody. */
static unsigned copied_bits(char who, unsigned mode)
{
	unsigned bits = (who == 'u' ? mode >> 6 : who == 'g' ? mode >> 3 : mode) & 7;
	return bits << 6 | bits << 3 | bits;
}

static unsigned apply_step(const struct bd_mode_step *step, unsigned umask_bits, unsigned mode, bool is_directory)
{
	unsigned kept = is_directory ? SET_IDS & ~step->mentioned : 0,
		 bits = step->copied ? copied_bits(step->copied, mode) : step->bits;

	if (step->is_execute_if_any && (is_directory || (mode & 0111)))
		bits |= 0111;
	bits &= (step->whose ? step->whose : ~umask_bits) & ~kept;
	switch (step->op) {
	case '+':
		return mode | bits;
	case '-':
		return mode & ~bits;
	default:
		return (mode & ((step->whose ? ~step->whose : 0) | kept)) | bits;
	}
}

unsigned bd_mode_change(const struct bd_mode_change *change, unsigned mode, bool is_directory)
{
	unsigned type = mode & ~ALL;

	mode &= ALL;
	for (size_t i = 0; i < change->step_count; i++)
		mode = apply_step(&change->steps[i], change->umask, mode, is_directory) & ALL;
	return type | mode;
}
