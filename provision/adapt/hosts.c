/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through the lines of /etc/hosts: an address, names, and a comment. */
#include "adapt/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"

#define BLANKS " \t\r"

/* A part of the text. */
struct span {
	const char *text;
	size_t size;
};

static struct span whole(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static struct span short_form(struct span name)
{
	const char *dot = memchr(name.text, '.', name.size);

	return (struct span){ name.text, dot ? (size_t)(dot - name.text) : name.size };
}

static bool is_same(struct span one, struct span other)
{
	return one.size == other.size && one.size && strncasecmp(one.text, other.text, one.size) == 0;
}

static bool has_domain(struct span name)
{
	return short_form(name).size < name.size;
}

bool bd_hosts_is_no_name(const char *name)
{
	return is_same(short_form(whole(name)), whole("localhost"));
}

/* The next field at *at, before the comment or the line's end; empty behind the last one. */
static struct span next_field(const char **at)
{
	struct span field = { *at + strspn(*at, BLANKS), 0 };

	field.size = strcspn(field.text, BLANKS "\n#");
	*at = field.text + field.size;
	return field;
}

static bool has_name(const char *line, struct span name)
{
	struct span field = next_field(&line); /* the address */

	while ((field = next_field(&line)).size)
		if (is_same(field, name))
			return true;
	return false;
}

static bool is_own(const char *line, const struct bd_hosts_names *names, const struct bd_word_changes *addresses)
{
	const char *at = line;
	struct span address = next_field(&at);

	if (strncmp(address.text, "127.", 4) == 0 || is_same(address, whole("::1")))
		return true;
	for (size_t i = 0; i < addresses->count; i++)
		if (is_same(address, whole(addresses->items[i].from)))
			return true;
	return has_name(line, whole(names->old_host));
}

/* What a name of the guest's own line becomes; one that is not the guest's stays. domain_out: what stays behind it. */
static struct span renamed(struct span name, const struct bd_hosts_names *names, struct span *domain_out)
{
	struct span old_host = whole(names->old_host), old_guest = whole(names->old_guest),
		    new_host = whole(names->new_host), prefix = short_form(name);

	*domain_out = (struct span){ "", 0 };
	if (is_same(name, old_host))
		return new_host;
	if (is_same(name, old_guest))
		return whole(names->new_guest);
	if (is_same(name, short_form(old_host)) || is_same(name, short_form(old_guest)))
		return short_form(new_host);
	if (has_domain(old_host) || !is_same(prefix, old_host))
		return name;
	if (!has_domain(new_host))
		*domain_out = (struct span){ name.text + prefix.size, name.size - prefix.size };
	return new_host;
}

/* The line up to here, which is a text of its own. */
static int add_name(FILE *line, char **text, const char *blanks, size_t blanks_size, struct span name,
		    struct span domain, struct bd_error *err)
{
	BD_FREE char *joined = NULL;

	if (bd_text_format(&joined, err, "%.*s%.*s", (int)name.size, name.text, (int)domain.size, domain.text) != 0)
		return -1;
	if (fflush(line) != 0)
		return bd_no_memory(err);
	if (!has_name(*text, whole(joined)))
		fprintf(line, "%.*s%s", (int)blanks_size, blanks, joined);
	return 0;
}

/* A line of the guest's own, without its newline. */
static int write_own(FILE *out, const char *line, const struct bd_hosts_names *names, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size;
	const char *at = line;
	const struct span none = { "", 0 };
	struct span address = next_field(&at), field;
	FILE *own = open_memstream(&text, &size);

	if (!own)
		return bd_no_memory(err);
	fprintf(own, "%.*s", (int)(address.text + address.size - line), line);
	int r = 0;
	const char *before = at;
	for (; r == 0 && (field = next_field(&at)).size; before = at) {
		struct span domain, name = renamed(field, names, &domain);
		r = add_name(own, &text, before, (size_t)(field.text - before), name, domain, err);
		if (r == 0 && has_domain(name) && !has_domain(field))
			r = add_name(own, &text, " ", 1, short_form(name), none, err);
	}
	if (fclose(own) != 0 && r == 0)
		r = bd_no_memory(err);
	if (r == 0)
		fprintf(out, "%s%s", text, before);
	return r;
}

static int write_line(FILE *out, const char *line, size_t size, const struct bd_hosts_names *names,
		      const struct bd_word_changes *addresses, struct bd_error *err)
{
	BD_FREE char *text = strndup(line, size), *changed = NULL;

	if (!text)
		return bd_no_memory(err);
	bool own = is_own(text, names, addresses);
	if (bd_words_replace(text, addresses, &changed, err) != 0)
		return -1;
	const char *now = changed ? changed : text;
	if (own)
		return write_own(out, now, names, err);
	fputs(now, out);
	return 0;
}

int bd_hosts_renew(const char *text, const struct bd_hosts_names *names, const struct bd_word_changes *addresses,
		   char **text_out, struct bd_error *err)
{
	BD_FREE char *changed = NULL;
	size_t size;
	FILE *out = open_memstream(&changed, &size);

	if (!out)
		return bd_no_memory(err);
	int r = 0;
	for (const char *line = text, *end; r == 0 && *line; line = end) {
		end = line + strcspn(line, "\n");
		r = write_line(out, line, (size_t)(end - line), names, addresses, err);
		if (*end)
			fputc(*end++, out);
	}
	if (fclose(out) != 0 && r == 0)
		r = bd_no_memory(err);
	if (r == 0)
		*text_out = strcmp(changed, text) != 0 ? bd_take_ptr(changed) : NULL;
	return r;
}
