/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the disk lines of xl configs, whoever wrote them. */
#include "xlcfg/disks.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "xlcfg/lexer.h"

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static void cut_blanks(char *text)
{
	size_t length = strlen(text);

	while (length && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
}

/* The formats and backends of old stand before the path: "phy:", "file:", "tap2:aio:". */
static const char *skip_prefixes(const char *target)
{
	for (;;) {
		size_t word = strspn(target, "abcdefghijklmnopqrstuvwxyz0123456789_-");
		if (!word || target[word] != ':')
			return target;
		target += word + 1;
	}
}

/* "vdev=xvda" or "discard", as against a part without a name: libxlu_disk_l.l of Xen. */
static bool is_setting(const char *part)
{
	static const char *const flags[] = { "cdrom", "direct-io-safe", "discard", "no-discard",
					     "colo",  "no-colo",	"trusted", "untrusted" };
	size_t word = strspn(part, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (strcmp(part, flags[i]) == 0)
			return true;
	return word && part[word] == '=';
}

/* The target is the first part without a name, wherever it stands, or target=, which takes the rest of the string. */
static const char *target_of(char *spec)
{
	for (char *part = spec, *comma; part; part = comma ? comma + 1 : NULL) {
		const char *begin = skip_blanks(part);
		comma = strchr(part, ',');
		if (strncmp(begin, "target=", 7) == 0)
			return skip_blanks(begin + 7);
	}
	for (char *part = spec, *comma; part; part = comma ? comma + 1 : NULL) {
		char *begin = part + strspn(part, " \t");
		comma = strchr(part, ',');
		if (comma)
			*comma = '\0';
		cut_blanks(begin);
		if (!is_setting(begin))
			return begin;
	}
	return NULL;
}

/* By script=, or by a prefix of old that names one (libxlu_disk_l.l). What is behind target= is none of ours. */
static bool has_script(const char *spec)
{
	static const char *const words[] = { "script=", "iscsi:", "nbd:", "enbd:", "drbd:" };

	for (const char *part = spec; part; part = strchr(part, ',')) {
		part = skip_blanks(part + (*part == ','));
		if (strncmp(part, "target=", 7) == 0)
			return false;
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (strncmp(part, words[i], strlen(words[i])) == 0)
				return true;
	}
	return false;
}

bool bd_xlcfg_disk_target(char *spec, char path_out[PATH_MAX])
{
	bool is_for_script = has_script(spec);
	const char *target = target_of(spec);

	target = target ? skip_prefixes(target) : "";
	/* A script's target is a file where it is a path. */
	if (!target[0] || (is_for_script && target[0] != '/'))
		return false;
	snprintf(path_out, PATH_MAX, "%s%s", target[0] == '/' ? "" : "/dev/", target);
	cut_blanks(path_out);
	return true;
}

static const char *find_format(const char *word, size_t length)
{
	static const char *const formats[] = { "qcow", "qcow2", "vhd", "qed" };

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strlen(formats[i]) == length && memcmp(formats[i], word, length) == 0)
			return formats[i];
	return NULL;
}

/* "tap2:qcow2:" of old. */
static const char *format_of_prefixes(const char *target)
{
	const char *format = NULL, *end = skip_prefixes(target);

	for (size_t length; target < end && !format; target += length + 1) {
		length = strcspn(target, ":");
		format = find_format(target, length);
	}
	return format;
}

/* The second part without a name, or format=; before target=, which takes the rest of the string. */
const char *bd_xlcfg_disk_format(const char *spec)
{
	const char *format = NULL;
	size_t position = 0;
	char part[PATH_MAX];

	for (const char *at = spec; at && !format; at = strchr(at, ',')) {
		at = skip_blanks(at + (*at == ','));
		snprintf(part, sizeof(part), "%.*s", (int)strcspn(at, ","), at);
		cut_blanks(part);
		if (strncmp(part, "target=", 7) == 0)
			return format_of_prefixes(part + 7);
		if (strncmp(part, "format=", 7) == 0)
			return find_format(part + 7, strlen(part + 7));
		if (!is_setting(part))
			position++;
		if (!is_setting(part) && position <= 2)
			format = position == 1 ? format_of_prefixes(part) : find_format(part, strlen(part));
	}
	return format;
}

/* The first true of visit() ends it, and is returned. By tokens and not by statements, so that a disk is found in a config
 * too that xl would refuse. */
static bool visit_specs(const char *text, bool (*visit)(char *spec, void *data), void *data)
{
	struct bd_cfg_token token, before = { .kind = BD_CFG_END };
	char spec[PATH_MAX];
	struct bd_cfg_lexer lexer;
	bool in_disk = false;

	bd_cfg_lexer_init(&lexer, text);
	for (bd_cfg_next(&lexer, &token); token.kind != BD_CFG_END; bd_cfg_next(&lexer, &token)) {
		if (token.kind == BD_CFG_EQUALS || token.kind == BD_CFG_ADD)
			in_disk = before.kind == BD_CFG_WORD && before.end - before.begin == 4 &&
				  memcmp(before.begin, "disk", 4) == 0;
		if (token.kind == BD_CFG_STRING && in_disk) {
			bd_cfg_token_text(&token, spec, sizeof(spec));
			if (visit(spec, data))
				return true;
		}
		before = token;
	}
	return false;
}

struct search {
	bool (*is_it)(const char *path, void *data);
	void *data;
};

static bool visit_target(char *spec, void *search_pointer)
{
	const struct search *search = search_pointer;
	char path[PATH_MAX];

	return bd_xlcfg_disk_target(spec, path) && search->is_it(path, search->data);
}

bool bd_xlcfg_find_disk(const char *text, bool (*is_it)(const char *path, void *data), void *data)
{
	struct search search = { is_it, data };

	return visit_specs(text, visit_target, &search);
}

/* "r" may also stand as the fourth part without a name, and ":cdrom" behind the device's name, as of old. */
static bool is_read_only(const char *spec)
{
	static const char *const words[] = { "r", "ro", "access=r", "access=ro", "cdrom", "devtype=cdrom" };
	static const char cdrom[] = ":cdrom";

	for (const char *part = skip_blanks(spec); *part && strncmp(part, "target=", 7) != 0;) {
		size_t length = strcspn(part, ","), used = length, suffix = strlen(cdrom);
		while (used && isspace((unsigned char)part[used - 1]))
			used--;
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (used == strlen(words[i]) && memcmp(part, words[i], used) == 0)
				return true;
		if (used > suffix && memcmp(part + used - suffix, cdrom, suffix) == 0)
			return true;
		part = skip_blanks(part + length + (part[length] == ','));
	}
	return false;
}

static bool visit_written(char *spec, void *target)
{
	char path[PATH_MAX];

	return !is_read_only(spec) && bd_xlcfg_disk_target(spec, path) && strcmp(path, target) == 0;
}

bool bd_xlcfg_writes_disk(const char *text, const char *target)
{
	return visit_specs(text, visit_written, (void *)target);
}

/* Letters and then digits, as "xvda" and "sdb1"; "xvdc:cdrom" of old. */
static bool is_vdev(const char *word, size_t length)
{
	static const char *const kinds[] = { "xvd", "hd", "sd", "vd" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t kind = strlen(kinds[i]);
		if (length <= kind || memcmp(word, kinds[i], kind) != 0)
			continue;
		size_t letters = strspn(word + kind, "abcdefghijklmnopqrstuvwxyz");
		return letters && kind + letters + strspn(word + kind + letters, "0123456789") == length;
	}
	return false;
}

struct vdev_search {
	const char *target;
	char *vdev;
};

static bool visit_vdev(char *spec, void *search_pointer)
{
	const struct vdev_search *search = search_pointer;
	char path[PATH_MAX], vdev[BD_XLCFG_VDEV_SIZE] = "";

	for (const char *part = skip_blanks(spec); *part && strncmp(part, "target=", 7) != 0;) {
		size_t length = strcspn(part, ",");
		const char *word = strncmp(part, "vdev=", 5) == 0 ? part + 5 : part;
		size_t used = strcspn(word, ", \t:");
		if (is_vdev(word, used) && used < sizeof(vdev))
			snprintf(vdev, sizeof(vdev), "%.*s", (int)used, word);
		part = skip_blanks(part + length + (part[length] == ','));
	}
	if (!*vdev || !bd_xlcfg_disk_target(spec, path) || strcmp(path, search->target) != 0)
		return false;
	strcpy(search->vdev, vdev);
	return true;
}

bool bd_xlcfg_vdev(const char *text, const char *target, char vdev_out[BD_XLCFG_VDEV_SIZE])
{
	struct vdev_search search = { target, vdev_out };

	return visit_specs(text, visit_vdev, &search);
}
