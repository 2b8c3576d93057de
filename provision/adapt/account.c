/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads passwd(5) and group(5), and changes shadow(5). */
#include "adapt/account.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "rootfs/colon_file.h"

void bd_account_dispose(struct bd_account *account)
{
	free(account->name);
	free(account->home);
	free(account->shell);
	free(account->groups);
	*account = (struct bd_account){ 0 };
}

static int take_field(const char *line, unsigned field, const char *otherwise, char **text_out, struct bd_error *err)
{
	size_t length;
	const char *text = bd_colon_field(line, field, &length);

	return length ? bd_text_format(text_out, err, "%.*s", (int)length, text)
		      : bd_text_format(text_out, err, "%s", otherwise);
}

/* As getpwnam(3) reads it. */
static bool is_member(const char *line, const char *name)
{
	size_t length, size = strlen(name);
	const char *members = bd_colon_field(line, BD_GROUP_MEMBERS, &length), *end = members + length;

	for (const char *at = members; at < end; at += strcspn(at, ",:\n") + 1)
		if (strncmp(at, name, size) == 0 && strcspn(at, ",:\n") == size)
			return true;
	return false;
}

static int add_group(struct bd_account *account, const char *line, struct bd_error *err)
{
	size_t length;
	const char *name = bd_colon_field(line, 0, &length);
	char *groups;

	if (bd_text_format(&groups, err, "%s%.*s ", account->groups, (int)length, name) != 0)
		return -1;
	free(account->groups);
	account->groups = groups;
	return 0;
}

static int take_groups(const struct bd_overlay *overlay, struct bd_account *account, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	uint32_t gid;

	if (bd_text_format(&account->groups, err, " ") != 0 ||
	    bd_overlay_read(overlay, "/etc/group", &text, err) != 0)
		return -1;
	for (int primary = 1; text && *text && primary >= 0; primary--)
		for (const char *line = text; line; line = bd_colon_next(line)) {
			bool is_primary = bd_colon_number(line, BD_GROUP_GID, &gid) && gid == account->gid;
			if ((primary ? is_primary : !is_primary && is_member(line, account->name)) &&
			    add_group(account, line, err) != 0)
				return -1;
		}
	return 0;
}

static int take(const struct bd_overlay *overlay, const char *line, struct bd_account *account, struct bd_error *err)
{
	bool is_root = strcmp(account->name, "root") == 0;

	if (line && (!bd_colon_number(line, BD_PASSWD_UID, &account->uid) ||
		     !bd_colon_number(line, BD_PASSWD_GID, &account->gid)))
		return bd_fail(err, EINVAL,
			       "the line of %s in the template's /etc/passwd has no number of its user or group",
			       account->name);
	if (take_field(line ? line : "", BD_PASSWD_HOME, is_root ? "/root" : "/", &account->home, err) != 0 ||
	    take_field(line ? line : "", BD_PASSWD_SHELL, "/bin/sh", &account->shell, err) != 0)
		return -1;
	return take_groups(overlay, account, err);
}

int bd_account_find(const struct bd_overlay *overlay, const char *name, struct bd_account *account_out,
		    bool *found_out, struct bd_error *err)
{
	BD_DISPOSE(bd_account_dispose) struct bd_account account = { .name = strdup(name) };
	BD_FREE char *text = NULL;

	if (!account.name)
		return bd_no_memory(err);
	if (bd_overlay_read(overlay, "/etc/passwd", &text, err) != 0)
		return -1;
	const char *line = text ? bd_colon_find(text, name) : NULL;
	*found_out = line || strcmp(name, "root") == 0;
	if (!*found_out)
		return 0;
	if (take(overlay, line, &account, err) != 0)
		return -1;
	*account_out = account;
	account = (struct bd_account){ 0 };
	return 0;
}

/* Without the field behind it, the line is none of shadow's. */
static int open_password(const char *text, const char *line, char **text_out, struct bd_error *err)
{
	size_t length;
	const char *password = bd_colon_field(line, BD_SHADOW_PASSWORD, &length);
	BD_FREE char *opened = NULL;

	if (!length || *password != '!')
		return 0;
	size_t marks = strspn(password, "!");
	bool is_plain = marks >= length || (marks + 1 == length && password[marks] == '*');
	/* What "!" was put before stays, for whoever wants it back, behind the "*". */
	if (bd_text_format(&opened, err, "*%.*s", is_plain ? 0 : (int)(length - marks), password + marks) != 0)
		return -1;
	return bd_colon_set(text, line, BD_SHADOW_PASSWORD, opened, text_out, err);
}

int bd_account_unlock(const struct bd_overlay *overlay, const char *name, bool *changed_out, struct bd_error *err)
{
	BD_FREE char *text = NULL, *opened = NULL, *unasked = NULL;

	*changed_out = false;
	if (bd_overlay_read(overlay, "/etc/shadow", &text, err) != 0)
		return -1;
	const char *line = text ? bd_colon_find(text, name) : NULL;
	if (!line || open_password(text, line, &opened, err) != 0)
		return line ? -1 : 0;
	const char *current = opened ? opened : text;
	line = bd_colon_find(current, name);
	/* Day 0: it has to be changed at the next login. */
	if (line && bd_colon_is(line, BD_SHADOW_CHANGED, "0") &&
	    bd_colon_set(current, line, BD_SHADOW_CHANGED, "", &unasked, err) != 0)
		return -1;
	*changed_out = opened || unasked;
	return *changed_out ? bd_overlay_rewrite(overlay, "/etc/shadow", 0600, unasked ? unasked : opened, err) : 0;
}
