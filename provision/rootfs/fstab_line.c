/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits the text of an fstab. */
#include "rootfs/fstab_line.h"

#include <string.h>

static void split(struct bd_fstab_line *line_out)
{
	const char *text = line_out->whole.text, *end = text + line_out->whole.size;

	line_out->count = 0;
	for (size_t i = 0; i < BD_FSTAB_FIELD_COUNT; i++)
		line_out->fields[i] = (struct bd_fstab_span){ "", 0 };
	while (line_out->count < BD_FSTAB_FIELD_COUNT) {
		while (text < end && (*text == ' ' || *text == '\t'))
			text++;
		const char *begin = text;
		while (text < end && *text != ' ' && *text != '\t')
			text++;
		if (text == begin)
			return;
		line_out->fields[line_out->count++] = (struct bd_fstab_span){ begin, (size_t)(text - begin) };
	}
}

bool bd_fstab_next_line(const char **at, struct bd_fstab_line *line_out)
{
	if (!**at)
		return false;
	line_out->whole = (struct bd_fstab_span){ *at, strcspn(*at, "\n") };
	*at += line_out->whole.size;
	*at += **at == '\n';
	split(line_out);
	return true;
}

bool bd_fstab_is_entry(const struct bd_fstab_line *line)
{
	return line->count != 0 && *line->fields[BD_FSTAB_DEVICE].text != '#';
}

bool bd_fstab_is(const struct bd_fstab_span *field, const char *text)
{
	return strlen(text) == field->size && memcmp(field->text, text, field->size) == 0;
}

bool bd_fstab_begins(const struct bd_fstab_span *field, const char *text)
{
	size_t size = strlen(text);

	return field->size >= size && memcmp(field->text, text, size) == 0;
}

bool bd_fstab_next_option(const struct bd_fstab_span *options, const char **at, struct bd_fstab_span *option_out)
{
	const char *end = options->text + options->size;

	if (!*at)
		*at = options->text;
	while (*at < end && **at == ',')
		++*at;
	if (*at >= end)
		return false;
	const char *begin = *at;
	while (*at < end && **at != ',')
		++*at;
	*option_out = (struct bd_fstab_span){ begin, (size_t)(*at - begin) };
	return true;
}

bool bd_fstab_has_option(const struct bd_fstab_line *line, const char *name)
{
	const char *at = NULL;
	struct bd_fstab_span option;

	while (bd_fstab_next_option(&line->fields[BD_FSTAB_OPTIONS], &at, &option))
		if (bd_fstab_is(&option, name))
			return true;
	return false;
}

static bool is_octal(const char *text, size_t size)
{
	return size >= 3 && text[0] >= '0' && text[0] <= '3' && text[1] >= '0' && text[1] <= '7' && text[2] >= '0' &&
	       text[2] <= '7';
}

bool bd_fstab_decode(const struct bd_fstab_span *field, char *text_out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < field->size; i++) {
		char c = field->text[i];
		if (c == '\\' && is_octal(field->text + i + 1, field->size - i - 1)) {
			c = (char)((field->text[i + 1] - '0') * 64 + (field->text[i + 2] - '0') * 8 +
				   (field->text[i + 3] - '0'));
			i += 3;
		} else if (c == '"') {
			continue;
		}
		if (!c || used + 1 >= size)
			return false;
		text_out[used++] = c;
	}
	text_out[used] = '\0';
	return true;
}

/* Drops empty components and "."; false: there is a "..". */
static bool tidy(char *path)
{
	char *to = path;

	for (char *at = path; *at;) {
		at += strspn(at, "/");
		size_t length = strcspn(at, "/");
		if (length == 2 && at[0] == '.' && at[1] == '.')
			return false;
		if (length && !(length == 1 && *at == '.')) {
			*to++ = '/';
			memmove(to, at, length);
			to += length;
		}
		at += length;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
	return true;
}

bool bd_fstab_mount_point(const struct bd_fstab_line *line, char *path_out, size_t size)
{
	return bd_fstab_decode(&line->fields[BD_FSTAB_MOUNT_POINT], path_out, size) && path_out[0] == '/' &&
	       tidy(path_out);
}

bool bd_fstab_is_virtual(const struct bd_fstab_span *type)
{
	static const char *const types[] = { "proc",	 "sysfs",     "devpts",	    "tmpfs",   "devtmpfs",
					     "mqueue",	 "hugetlbfs", "cgroup",	    "cgroup2", "debugfs",
					     "tracefs",	 "configfs",  "securityfs", "ramfs",   "binfmt_misc",
					     "efivarfs", "pstore",    "bpf",	    "xenfs",   "overlay",
					     "fusectl" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (bd_fstab_is(type, types[i]))
			return true;
	return false;
}

bool bd_fstab_names_disk(const struct bd_fstab_span *device)
{
	static const char *const beginnings[] = { "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "ID=", "/dev/" };

	/* These make themselves. */
	if (bd_fstab_begins(device, "/dev/zram") || bd_fstab_begins(device, "/dev/loop") ||
	    bd_fstab_begins(device, "/dev/ram"))
		return false;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (bd_fstab_begins(device, beginnings[i]))
			return true;
	return false;
}
