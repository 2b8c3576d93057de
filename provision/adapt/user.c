/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds lines to the files of accounts, and the files by which sudo(8) and doas(1) know it. */
#include "adapt/user.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adapt/account.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "rootfs/colon_file.h"

#define ID_FIRST 1000
#define ID_END 60000
#define SUBID_FIRST 100000
#define SUBID_COUNT 65536
#define NAME_MAX_BYTES 32
#define SKELETON "/etc/skel"

static const char first_letters[] = "abcdefghijklmnopqrstuvwxyz_";
static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789-";

int bd_user_check_name(const char *name, struct bd_error *err)
{
	const size_t length = strlen(name);

	if (!length || length > NAME_MAX_BYTES || !strchr(first_letters, *name) || strspn(name, letters) != length)
		return bd_usage(
			err,
			"\"%.80s\" is not the name of an account: it takes a small letter or _, and then small "
			"letters, digits, - and _, at most 32 of all",
			name);
	return strcmp(name, "root") == 0 ? bd_usage(err, "root is there without that") : 0;
}

static bool has_number(const char *text, unsigned field, uint32_t number)
{
	uint32_t there;

	for (const char *line = text && *text ? text : NULL; line; line = bd_colon_next(line))
		if (bd_colon_number(line, field, &there) && there == number)
			return true;
	return false;
}

/* The same for the user and its group. */
static int find_id(const char *passwd, const char *group, uint32_t *id_out, struct bd_error *err)
{
	for (uint32_t id = ID_FIRST; id < ID_END; id++)
		if (!has_number(passwd, BD_PASSWD_UID, id) && !has_number(group, BD_GROUP_GID, id)) {
			*id_out = id;
			return 0;
		}
	return bd_fail(err, ENOSPC, "the template has no free number for another account");
}

/* One more line in a file that the template has. */
static int add_line(const struct bd_overlay *overlay, const char *path, const char *name, const char *line,
		    struct bd_error *err)
{
	BD_FREE char *text = NULL, *changed = NULL;

	if (bd_overlay_read(overlay, path, &text, err) != 0)
		return -1;
	if (!text || bd_colon_find(text, name))
		return 0;
	if (bd_text_add_lines(text, line, &changed, err) != 0)
		return -1;
	return bd_overlay_rewrite(overlay, path, 0644, changed, err);
}

/* Behind the ranges of the others. */
static int add_subids(const struct bd_overlay *overlay, const char *path, const char *name, struct bd_error *err)
{
	BD_FREE char *text = NULL, *line = NULL;
	uint64_t next = SUBID_FIRST;
	uint32_t start, count;

	if (bd_overlay_read(overlay, path, &text, err) != 0)
		return -1;
	for (const char *at = text && *text ? text : NULL; at; at = bd_colon_next(at))
		if (bd_colon_number(at, 1, &start) && bd_colon_number(at, 2, &count) &&
		    (uint64_t)start + count > next)
			next = (uint64_t)start + count;
	if (next + SUBID_COUNT > UINT32_MAX)
		return 0;
	if (bd_text_format(&line, err, "%s:%lu:%d\n", name, (unsigned long)next, SUBID_COUNT) != 0)
		return -1;
	return add_line(overlay, path, name, line, err);
}

struct skeleton {
	const struct bd_overlay *overlay;
	const struct bd_account *account;
	const char *from, *to; /* folders */
};

static int copy_folder(const struct skeleton *skeleton, mode_t mode, struct bd_error *err);

static int copy_file(const struct skeleton *skeleton, mode_t mode, struct bd_error *err)
{
	BD_FREE char *data = NULL;
	size_t size_bytes;

	if (bd_overlay_read_data(skeleton->overlay, skeleton->from, &data, &size_bytes, err) != 0)
		return -1;
	if (!data)
		return 0;
	if (bd_overlay_put(skeleton->overlay, skeleton->to, mode, data, size_bytes, err) != 0)
		return -1;
	return bd_overlay_set_owner(skeleton->overlay, skeleton->to, skeleton->account->uid, skeleton->account->gid,
				    err);
}

/* One that leads to the skeleton itself leads to the same place in the home, as useradd(8) has it. */
static int copy_link(const struct skeleton *skeleton, struct bd_error *err)
{
	const struct bd_root_reader *root = skeleton->overlay->root;
	BD_FREE char *target = NULL, *own = NULL;

	if (root->read_link(root->source, skeleton->from, &target, err) != 0)
		return -1;
	if (!target)
		return 0;
	if (bd_path_is_below(target, SKELETON) &&
	    bd_text_format(&own, err, "%s%s", skeleton->account->home, target + strlen(SKELETON)) != 0)
		return -1;
	if (bd_overlay_put_symlink(skeleton->overlay, skeleton->to, own ? own : target, err) != 0)
		return -1;
	return bd_overlay_set_owner(skeleton->overlay, skeleton->to, skeleton->account->uid, skeleton->account->gid,
				    err);
}

static int copy_entry(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	const struct skeleton *folder = context;
	BD_FREE char *from = NULL, *to = NULL;
	mode_t mode;

	(void)type;
	if (bd_text_format(&from, err, "%s/%s", folder->from, name) != 0 ||
	    bd_text_format(&to, err, "%s/%s", folder->to, name) != 0 ||
	    bd_overlay_mode(folder->overlay, from, &mode, err) != 0)
		return -1;
	const struct skeleton entry = { folder->overlay, folder->account, from, to };
	if (S_ISDIR(mode))
		return copy_folder(&entry, mode & 0777, err);
	if (S_ISLNK(mode))
		return copy_link(&entry, err);
	return S_ISREG(mode) ? copy_file(&entry, mode & 0777, err) : 0;
}

/* What the template has in it: its files, folders and symbolic links. */
static int copy_folder(const struct skeleton *skeleton, mode_t mode, struct bd_error *err)
{
	const struct bd_overlay *overlay = skeleton->overlay;
	struct skeleton folder = *skeleton;

	if (bd_overlay_put_dir(overlay, skeleton->to, mode, err) != 0 ||
	    bd_overlay_set_owner(overlay, skeleton->to, skeleton->account->uid, skeleton->account->gid, err) != 0)
		return -1;
	return overlay->root ? overlay->root->list(overlay->root->source, skeleton->from, copy_entry, &folder, err)
			     : 0;
}

static int make_home(const struct bd_overlay *overlay, const struct bd_account *account, struct bd_error *err)
{
	const struct skeleton skeleton = { overlay, account, SKELETON, account->home };
	bool there;

	if (bd_overlay_exists(overlay, account->home, &there, err) != 0)
		return -1;
	return there ? 0 : copy_folder(&skeleton, 0700, err);
}

static int make_account(const struct bd_overlay *overlay, const char *name, struct bd_error *err)
{
	BD_FREE char *passwd = NULL, *group = NULL, *user_line = NULL, *group_line = NULL, *shadow_line = NULL,
		     *gshadow_line = NULL;
	uint32_t id = 0, gid;
	bool bash;

	if (bd_overlay_read(overlay, "/etc/passwd", &passwd, err) != 0 ||
	    bd_overlay_read(overlay, "/etc/group", &group, err) != 0)
		return -1;
	if (!passwd || !group)
		return bd_usage(err, "the template has no /etc/passwd and /etc/group to add an account to");
	const char *own_group = bd_colon_find(group, name);
	if (find_id(passwd, group, &id, err) != 0 || bd_overlay_exists(overlay, "/bin/bash", &bash, err) != 0)
		return -1;
	if (!own_group || !bd_colon_number(own_group, BD_GROUP_GID, &gid))
		gid = id;
	if (bd_text_format(&user_line, err, "%s:x:%u:%u::/home/%s:%s\n", name, id, gid, name,
			   bash ? "/bin/bash" : "/bin/sh") != 0 ||
	    bd_text_format(&group_line, err, "%s:x:%u:\n", name, gid) != 0 ||
	    bd_text_format(&shadow_line, err, "%s:*::0:99999:7:::\n", name) != 0 ||
	    bd_text_format(&gshadow_line, err, "%s:!::\n", name) != 0)
		return -1;
	if (add_line(overlay, "/etc/passwd", name, user_line, err) != 0 ||
	    add_line(overlay, "/etc/group", name, group_line, err) != 0 ||
	    add_line(overlay, "/etc/shadow", name, shadow_line, err) != 0 ||
	    add_line(overlay, "/etc/gshadow", name, gshadow_line, err) != 0)
		return -1;
	return add_subids(overlay, "/etc/subuid", name, err) != 0 ? -1
								  : add_subids(overlay, "/etc/subgid", name, err);
}

/* In gshadow, the members are the same field. */
static int add_member(const struct bd_overlay *overlay, const char *path, const char *group, const char *name,
		      struct bd_error *err)
{
	BD_FREE char *text = NULL, *members = NULL, *changed = NULL;
	size_t length;

	if (bd_overlay_read(overlay, path, &text, err) != 0)
		return -1;
	const char *line = text ? bd_colon_find(text, group) : NULL;
	if (!line)
		return 0;
	const char *old = bd_colon_field(line, BD_GROUP_MEMBERS, &length);
	if (bd_text_format(&members, err, "%.*s%s%s", (int)length, old, length ? "," : "", name) != 0 ||
	    bd_colon_set(text, line, BD_GROUP_MEMBERS, members, &changed, err) != 0)
		return -1;
	return bd_overlay_rewrite(overlay, path, 0644, changed, err);
}

static int join_group(const struct bd_overlay *overlay, const struct bd_account *account, struct bd_error *err)
{
	static const char *const groups[] = { "sudo", "wheel" };
	BD_FREE char *text = NULL;

	if (bd_overlay_read(overlay, "/etc/group", &text, err) != 0)
		return -1;
	for (size_t i = 0; text && i < 2; i++) {
		BD_FREE char *word = NULL;
		if (!bd_colon_find(text, groups[i]))
			continue;
		if (bd_text_format(&word, err, " %s ", groups[i]) != 0)
			return -1;
		if (strstr(account->groups, word))
			return 0;
		return add_member(overlay, "/etc/group", groups[i], account->name, err) != 0
			       ? -1
			       : add_member(overlay, "/etc/gshadow", groups[i], account->name, err);
	}
	return 0;
}

static int allow_doas(const struct bd_overlay *overlay, const char *name, struct bd_error *err)
{
	BD_FREE char *rule = NULL, *text = NULL, *changed = NULL;
	bool folder;

	if (bd_text_format(&rule, err, "permit nopass %s as root\n", name) != 0 ||
	    bd_overlay_exists(overlay, "/etc/doas.d", &folder, err) != 0)
		return -1;
	if (folder)
		return bd_overlay_put_text(overlay, "/etc/doas.d/xen-bigdisk.conf", 0600, rule, err);
	if (bd_overlay_read(overlay, "/etc/doas.conf", &text, err) != 0 ||
	    bd_text_add_lines(text, rule, &changed, err) != 0)
		return -1;
	return bd_overlay_rewrite(overlay, "/etc/doas.conf", 0600, changed, err);
}

static int allow_root(const struct bd_overlay *overlay, const char *name, const char *who, struct bd_error *err)
{
	static const char *const doas_paths[] = { "/usr/bin/doas", "/bin/doas", NULL };
	BD_FREE char *rule = NULL;
	bool there;

	if (bd_overlay_exists(overlay, "/usr/bin/sudo", &there, err) != 0 ||
	    bd_text_format(&rule, err, "%s ALL=(ALL) NOPASSWD:ALL\n", name) != 0)
		return -1;
	if (there)
		return bd_overlay_put_text(overlay, "/etc/sudoers.d/90-xen-bigdisk", 0440, rule, err);
	if (bd_overlay_has_any(overlay, doas_paths, &there, err) != 0)
		return -1;
	if (there)
		return allow_doas(overlay, name, err);
	bd_warn("%s has neither sudo nor doas: %s cannot become root in it", who, name);
	return 0;
}

int bd_user_add(const struct bd_overlay *overlay, const char *name, const char *who, struct bd_error *err)
{
	BD_DISPOSE(bd_account_dispose) struct bd_account account = { 0 };
	bool found;

	if (bd_account_find(overlay, name, &account, &found, err) != 0)
		return -1;
	if (!found &&
	    (make_account(overlay, name, err) != 0 || bd_account_find(overlay, name, &account, &found, err) != 0))
		return -1;
	if (make_home(overlay, &account, err) != 0 || join_group(overlay, &account, err) != 0)
		return -1;
	return allow_root(overlay, name, who, err);
}
