/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads modes, octal and symbolic. */
#include "cli/inside/mode.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ALL 07777u
#define SET_IDS 06000u

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

static bool permission_bits(char permission, unsigned *bits, unsigned *bits_if_executable)
{
	switch (permission) {
	case 'r':
		*bits |= 0444;
		return true;
	case 'w':
		*bits |= 0222;
		return true;
	case 'x':
		*bits |= 0111;
		return true;
	case 'X':
		*bits_if_executable |= 0111;
		return true;
	case 's':
		*bits |= 06000;
		return true;
	case 't':
		*bits |= 01000;
		return true;
	default:
		return false;
	}
}

static void append(struct mode_change *change, char op, unsigned who, unsigned bits, unsigned bits_if_executable)
{
	unsigned keep = op == '+' ? ALL : op == '-' ? ~bits : ~who;

	change->keep &= keep;
	change->set &= keep;
	change->set_if_executable &= keep;
	if (op == '=')
		change->keep_in_directory |= who & SET_IDS;
	else
		change->keep_in_directory &= ~(op == '-' ? bits : 0);
	if (op != '-') {
		change->set |= bits;
		change->set_if_executable |= bits_if_executable;
	}
}

/* One clause, such as "ug+rw-x"; NULL: it is none. */
static const char *parse_clause(const char *at, struct mode_change *change)
{
	unsigned who = 0;

	for (; who_bits(*at); at++)
		who |= who_bits(*at);
	/* The sticky bit is "t" with or without who. */
	unsigned allowed = who ? who | 01000 : ALL & ~mask_of_umask();
	if (!who)
		who = ALL;
	if (!*at || !strchr("+-=", *at))
		return NULL;
	while (*at && strchr("+-=", *at)) {
		char op = *at++;
		unsigned bits = 0, bits_if_executable = 0;
		while (permission_bits(*at, &bits, &bits_if_executable))
			at++;
		append(change, op, who, bits & allowed, bits_if_executable & allowed);
	}
	return at;
}

static bool parse_octal(const char *text, struct mode_change *change)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (text[0] < '0' || text[0] > '7' || *end || mode > ALL)
		return false;
	*change = (struct mode_change){ .set = (unsigned)mode, .keep_in_directory = strlen(text) < 5 ? SET_IDS : 0 };
	return true;
}

int mode_parse(const char *text, struct mode_change *change_out, struct bd_error *err)
{
	const char *at = text;

	if (parse_octal(text, change_out))
		return 0;
	*change_out = (struct mode_change){ .keep = ALL };
	for (;;) {
		at = parse_clause(at, change_out);
		if (at && !*at)
			return 0;
		if (!at || *at++ != ',')
			return bd_usage(err, "\"%s\" is no mode; write 0644, or u=rwX,go-w", text);
	}
}
