/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the texts, and applies the aliases. What a template has compiled (file_contexts.bin) is not looked at. */
#include "selinux/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"

#define SPACES " \t\r\n\v\f"
#define CONFIG_BYTES_MAX ((size_t)64 << 10)
#define CONTEXTS_BYTES_MAX ((size_t)2 << 20) /* Fedora's has 700 KiB */

void bd_selinux_policy_dispose(struct bd_selinux_policy *policy)
{
	free(policy->contexts);
	free(policy->aliases[0]);
	free(policy->aliases[1]);
	*policy = (struct bd_selinux_policy){ 0 };
}

/* The value of the last line "NAME=value", without the spaces around it. False: there is none, or it is too long. */
static bool find_setting(const char *text, const char *name, char *value_out, size_t size)
{
	size_t name_size = strlen(name);
	bool found = false;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line + strspn(line, " \t");
		if (strncmp(at, name, name_size) != 0 || at[name_size] != '=')
			continue;
		at += name_size + 1;
		at += strspn(at, " \t");
		size_t value_size = strcspn(at, SPACES);
		found = value_size && value_size < size;
		if (found)
			snprintf(value_out, size, "%.*s", (int)value_size, at);
	}
	return found;
}

static int read_text(const struct bd_root_reader *root, const char *path, size_t limit_bytes, char **text_out,
		     struct bd_error *err)
{
	size_t size;

	*text_out = NULL;
	if (root->read_file(root->source, path, limit_bytes, text_out, &size, err) == 0)
		return 0;
	return err->code == ELOOP ? 0 : -1;
}

/* False: SELinux is not used. */
static int find_type(const struct bd_root_reader *root, char type_out[64], bool *used_out, struct bd_error *err)
{
	BD_FREE char *config = NULL;
	char mode[16];

	*used_out = false;
	if (read_text(root, "/etc/selinux/config", CONFIG_BYTES_MAX, &config, err) != 0)
		return -1;
	if (!config || !find_setting(config, "SELINUX", mode, sizeof(mode)) ||
	    (strcasecmp(mode, "enforcing") != 0 && strcasecmp(mode, "permissive") != 0))
		return 0;
	if (!find_setting(config, "SELINUXTYPE", type_out, 64))
		strcpy(type_out, "targeted");
	*used_out = strcmp(type_out, ".") != 0 && strcmp(type_out, "..") != 0 && !strchr(type_out, '/');
	return 0;
}

static int read_part(const struct bd_root_reader *root, const char *type, const char *suffix, char **text_out,
		     struct bd_error *err)
{
	BD_FREE char *path = NULL;

	if (bd_text_format(&path, err, "/etc/selinux/%s/contexts/files/file_contexts%s", type, suffix) != 0)
		return -1;
	return read_text(root, path, CONTEXTS_BYTES_MAX, text_out, err);
}

int bd_selinux_policy_read(const struct bd_root_reader *root, struct bd_selinux_policy *policy_out,
			   struct bd_error *err)
{
	BD_DISPOSE(bd_selinux_policy_dispose) struct bd_selinux_policy policy = { 0 };
	BD_FREE char *base = NULL, *homes = NULL, *local = NULL;
	char type[64];
	bool used;

	*policy_out = (struct bd_selinux_policy){ 0 };
	if (find_type(root, type, &used, err) != 0)
		return -1;
	if (!used)
		return 0;
	if (read_part(root, type, "", &base, err) != 0 || read_part(root, type, ".homedirs", &homes, err) != 0 ||
	    read_part(root, type, ".local", &local, err) != 0 ||
	    read_part(root, type, ".subs", &policy.aliases[0], err) != 0 ||
	    read_part(root, type, ".subs_dist", &policy.aliases[1], err) != 0)
		return -1;
	if (!base)
		return 0;
	if (bd_text_format(&policy.contexts, err, "%s\n%s\n%s\n", base, homes ? homes : "", local ? local : "") != 0)
		return -1;
	*policy_out = policy;
	policy = (struct bd_selinux_policy){ 0 };
	return 0;
}

static int has_label(const struct bd_root_reader *root, const char *path, bool *has_out, struct bd_error *err)
{
	void *value;
	size_t size;

	if (root->read_label(root->source, path, &value, &size, err) != 0)
		return -1;
	*has_out = value != NULL;
	free(value);
	return 0;
}

int bd_selinux_has_labels(const struct bd_root_reader *root, bool *has_out, struct bd_error *err)
{
	bool top, etc;

	if (has_label(root, "/", &top, err) != 0 || has_label(root, "/etc", &etc, err) != 0)
		return -1;
	*has_out = top || etc;
	return 0;
}

/* "FROM TO": what is at FROM, or below it, counts as being at TO. False: the line is none, or is about other paths. */
static bool match_alias(const char *line, const char *path, const char **rest_out, const char **to_out,
			size_t *to_size_out)
{
	const char *from = line + strspn(line, " \t");
	size_t from_size = strcspn(from, SPACES);
	const char *to = from + from_size + strspn(from + from_size, " \t");
	size_t to_size = strcspn(to, SPACES);

	if (!from_size || !to_size || *from == '#' || strncmp(path, from, from_size) != 0 ||
	    (path[from_size] && path[from_size] != '/'))
		return false;
	*rest_out = path + from_size + (path[from_size] && to_size == 1 && *to == '/');
	*to_out = to;
	*to_size_out = to_size;
	return true;
}

/* Of the lines that fit, the last one counts. */
static int apply_aliases(const char *text, char **path, struct bd_error *err)
{
	const char *rest = NULL, *to = NULL;
	size_t to_size = 0;
	char *changed;

	for (const char *line = text; line && *line; line += strcspn(line, "\n"), line += *line == '\n')
		match_alias(line, *path, &rest, &to, &to_size);
	if (!to)
		return 0;
	if (bd_text_format(&changed, err, "%.*s%s", (int)to_size, to, rest) != 0)
		return -1;
	free(*path);
	*path = changed;
	return 0;
}

int bd_selinux_policy_alias(const struct bd_selinux_policy *policy, const char *path, char **path_out,
			    struct bd_error *err)
{
	BD_FREE char *known = strdup(path);

	if (!known)
		return bd_no_memory(err);
	for (size_t i = 0; i < sizeof(policy->aliases) / sizeof(*policy->aliases); i++)
		if (apply_aliases(policy->aliases[i], &known, err) != 0)
			return -1;
	*path_out = bd_take_ptr(known);
	return 0;
}
