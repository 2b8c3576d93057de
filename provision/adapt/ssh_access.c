/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes authorized_keys, and a Match block of sshd_config(5) for the one account where its settings keep it out. A Match
 * block counts before all that stands outside of one, for this account only, and every sshd since 4.4 knows it. */
#include "adapt/ssh_access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "adapt/service.h"
#include "adapt/sshd_config.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"

#define DROP_IN BD_SSHD_DROP_INS "/00-xen-bigdisk.conf"
#define KEYS_FILE ".ssh/authorized_keys"

struct job {
	const struct bd_overlay *overlay;
	const struct bd_system *system;
	const struct bd_account *account;
	const char *keys, *who;
};

static bool is_word(const char *value, const char *word)
{
	return value && strcasecmp(value, word) == 0;
}

/* A line for each setting that keeps the account out; what they are is said in obstacles. */
static void write_overrides(FILE *out, const struct bd_sshd_settings *settings, const struct bd_account *account,
			    char obstacles[256])
{
	const char *root_login = settings->permit_root_login;
	const struct {
		bool needed;
		const char *setting, *was, *value;
	} rows[] = {
		{ account->uid == 0 && (is_word(root_login, "no") || is_word(root_login, "forced-commands-only")),
		  "PermitRootLogin", root_login, "without-password" },
		{ is_word(settings->pubkey_authentication, "no"), "PubkeyAuthentication", "no", "yes" },
		{ is_word(settings->keys_files, "none"), "AuthorizedKeysFile", "none", KEYS_FILE },
		{ settings->has_allow_users && !settings->in_allow_users, "AllowUsers", "...", account->name },
		/* A list in a Match block takes the place of the other one; nobody is called so. */
		{ settings->in_deny_users, "DenyUsers", account->name, "!*" },
		{ settings->in_deny_groups, "DenyGroups", "...", "!*" },
	};
	size_t group = strspn(account->groups, " ");

	obstacles[0] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].needed) {
			fprintf(out, "\t%s %s\n", rows[i].setting, rows[i].value);
			bd_text_append(obstacles, 256, ", ", "%s %s", rows[i].setting, rows[i].was);
		}
	if (settings->has_allow_groups && !settings->in_allow_groups && account->groups[group]) {
		fprintf(out, "\tAllowGroups %.*s\n", (int)strcspn(account->groups + group, " "),
			account->groups + group);
		bd_text_append(obstacles, 256, ", ", "AllowGroups ...");
	}
}

static int format_block(const struct bd_sshd_settings *settings, const struct bd_account *account, char **text_out,
			char obstacles[256], struct bd_error *err)
{
	size_t size;
	FILE *out = open_memstream(text_out, &size);

	if (!out)
		return bd_no_memory(err);
	fprintf(out, "# Made by xen-bigdisk: lets %s in by key.\nMatch User %s\n", account->name, account->name);
	write_overrides(out, settings, account, obstacles);
	return fclose(out) == 0 ? 0 : bd_no_memory(err);
}

static bool is_match(const char *line)
{
	line += strspn(line, " \t");
	return strncasecmp(line, "Match", 5) == 0 && (line[5] == ' ' || line[5] == '\t');
}

/* Before the first block that is there, as the first that applies counts; a block ends where the next begins. */
static int insert_block(const char *text, const char *block, char **text_out, struct bd_error *err)
{
	const char *at = text;
	bool ends_line = true;

	while (*at && !is_match(at)) {
		at += strcspn(at, "\n");
		ends_line = *at == '\n';
		at += ends_line;
	}
	return bd_text_format(text_out, err, "%.*s%s%s%s", (int)(at - text), text, ends_line ? "" : "\n", block, at);
}

/* Packages' own file stays: that in /etc is read instead of it. path: of what sshd reads so far. */
static int edit_config(const struct job *job, const char *path, const char *block, struct bd_error *err)
{
	BD_FREE char *text = NULL, *changed = NULL;

	if ((path && bd_overlay_read(job->overlay, path, &text, err) != 0) ||
	    insert_block(text ? text : "", block, &changed, err) != 0)
		return -1;
	return bd_overlay_rewrite(job->overlay, BD_SSHD_CONFIG, 0644, changed, err);
}

/* The settings are those of the account from now on. */
static int open_sshd(const struct job *job, struct bd_sshd_settings *settings, struct bd_error *err)
{
	BD_FREE char *block = NULL, *ignored = NULL;
	char obstacles[256];

	if (bd_sshd_config_read(job->overlay, job->account, settings, err) != 0 ||
	    format_block(settings, job->account, &block, obstacles, err) != 0)
		return -1;
	if (!obstacles[0])
		return 0;
	bd_warn("the template's sshd does not let %s in by key (%s): %s of %s does now", job->account->name,
		obstacles, settings->includes ? DROP_IN : BD_SSHD_CONFIG, job->who);
	if ((settings->includes ? bd_overlay_put_text(job->overlay, DROP_IN, 0644, block, err)
				: edit_config(job, settings->path, block, err)) != 0)
		return -1;
	bd_sshd_settings_dispose(settings);
	if (bd_sshd_config_read(job->overlay, job->account, settings, err) != 0 ||
	    format_block(settings, job->account, &ignored, obstacles, err) != 0)
		return -1;
	if (obstacles[0])
		bd_warn("a Match block or another file of the template's sshd still keeps %s out of %s: %s",
			job->account->name, job->who, obstacles);
	return 0;
}

/* dropbear(8): with -w, root cannot log in at all. */
static int drop_option(const char *text, char **text_out, struct bd_error *err)
{
	char *copy = strdup(text);

	if (!copy)
		return bd_no_memory(err);
	for (char *line = copy; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		char *end = line + strcspn(line, "\n"), *equals = memchr(line, '=', (size_t)(end - line));
		if (*line == '#' || !equals)
			continue;
		for (char *at = equals; at + 2 <= end; at++)
			if (strncmp(at, "-w", 2) == 0 && strchr("= \t\"'", at[-1]) && strchr(" \t\"'\n", at[2])) {
				memmove(at, at + 2, strlen(at + 2) + 1);
				end -= 2;
			}
	}
	*text_out = copy;
	return 0;
}

static int open_dropbear(const struct job *job, struct bd_error *err)
{
	static const char *const paths[] = { "/etc/default/dropbear", "/etc/conf.d/dropbear",
					     "/etc/sysconfig/dropbear" };

	for (size_t i = 0; job->account->uid == 0 && i < sizeof(paths) / sizeof(*paths); i++) {
		BD_FREE char *text = NULL, *changed = NULL;
		if (bd_overlay_read(job->overlay, paths[i], &text, err) != 0)
			return -1;
		if (!text)
			continue;
		if (drop_option(text, &changed, err) != 0)
			return -1;
		if (strcmp(text, changed) == 0)
			continue;
		bd_warn("the template's dropbear does not let root in (-w): %s of %s does now", paths[i], job->who);
		if (bd_overlay_rewrite(job->overlay, paths[i], 0644, changed, err) != 0)
			return -1;
	}
	return 0;
}

/* A word of AuthorizedKeysFile as a path: with %h and %u, and relative to the home. */
static int expand(const struct bd_account *account, const char *word, size_t length, char **path_out,
		  struct bd_error *err)
{
	size_t size;
	FILE *out = open_memstream(path_out, &size);

	if (!out)
		return bd_no_memory(err);
	if (*word != '/' && strncmp(word, "%h", 2) != 0)
		fprintf(out, "%s/", strcmp(account->home, "/") == 0 ? "" : account->home);
	for (size_t i = 0; i < length; i++) {
		if (word[i] != '%' || i + 1 == length) {
			fputc(word[i], out);
			continue;
		}
		i++;
		if (word[i] == 'h')
			fputs(account->home, out);
		else if (word[i] == 'u')
			fputs(account->name, out);
		else if (word[i] == 'U')
			fprintf(out, "%u", account->uid);
		else
			fputc(word[i], out);
	}
	return fclose(out) == 0 ? 0 : bd_no_memory(err);
}

/* The usual file where it is one of them, else the first. */
static int find_keys_path(const struct bd_account *account, const char *files, char **path_out, struct bd_error *err)
{
	const char *first = files && *files ? files : KEYS_FILE;

	for (const char *word = first; *word; word += strspn(word, " ")) {
		size_t length = strcspn(word, " ");
		if ((length == strlen(KEYS_FILE) && strncmp(word, KEYS_FILE, length) == 0) ||
		    (length == strlen("%h/" KEYS_FILE) && strncmp(word, "%h/" KEYS_FILE, length) == 0))
			return expand(account, word, length, path_out, err);
		word += length;
	}
	return expand(account, first, strcspn(first, " "), path_out, err);
}

static int put_own_dir(const struct job *job, const char *path, struct bd_error *err)
{
	mode_t mode;

	if (bd_overlay_mode(job->overlay, path, &mode, err) != 0)
		return -1;
	if (bd_overlay_put_dir(job->overlay, path, 0700, err) != 0)
		return -1;
	return mode ? 0 : bd_overlay_set_owner(job->overlay, path, job->account->uid, job->account->gid, err);
}

/* In the home, files and folders are the account's own, as sshd's StrictModes wants them; elsewhere they are root's. */
static int put_keys(const struct job *job, const char *path, const char *text, struct bd_error *err)
{
	const struct bd_account *account = job->account;
	char folder[PATH_MAX];

	if (!bd_path_is_below(path, account->home))
		return bd_overlay_put_text(job->overlay, path, 0644, text, err);
	bd_path_folder(path, folder);
	if (put_own_dir(job, account->home, err) != 0 || put_own_dir(job, folder, err) != 0 ||
	    bd_overlay_put_text(job->overlay, path, 0600, text, err) != 0)
		return -1;
	return bd_overlay_set_owner(job->overlay, path, account->uid, account->gid, err);
}

/* What the template lets in stays. */
static int add_keys(const struct job *job, const char *path, struct bd_error *err)
{
	BD_FREE char *there = NULL, *text = NULL;

	if (bd_overlay_read(job->overlay, path, &there, err) != 0 ||
	    bd_text_add_lines(there, job->keys, &text, err) != 0)
		return -1;
	return put_keys(job, path, text, err);
}

/* A directory in which anybody else could put keys. In the home it becomes the account's own, else root's. */
static int mend_mode(const struct job *job, const char *path, struct bd_error *err)
{
	const struct bd_account *account = job->account;
	const struct bd_root_reader *root = job->overlay->root;
	struct bd_root_facts facts = { 0 };

	if (root->look(root->source, path, true, &facts, err) != 0)
		return -1;
	bool is_foreign = facts.uid && facts.uid != account->uid;
	if (!S_ISDIR(facts.mode) || (!(facts.mode & 022) && !is_foreign))
		return 0;
	bool is_own = strcmp(path, account->home) == 0 || bd_path_is_below(path, account->home);
	mode_t mode = facts.mode & 07755;
	uint32_t uid = !is_foreign ? facts.uid : is_own ? account->uid : 0;
	uint32_t gid = !is_foreign ? facts.gid : is_own ? account->gid : 0;
	bd_warn("the template's %s has mode %04o and user %u, with which sshd takes no keys of %s from there (StrictModes): in %s "
		"it has mode %04o and user %u",
		path, facts.mode & 07777, facts.uid, account->name, job->who, mode, uid);
	return bd_overlay_change_dir(job->overlay, path, mode, uid, gid, err);
}

/* sshd's StrictModes, of what the template has already: sshd looks at each directory from the keys up to the home, or up to
 * the root for keys outside of it, and at the home in any case. */
static int mend_modes(const struct job *job, const char *keys_path, struct bd_error *err)
{
	const char *home = job->account->home;
	char folder[PATH_MAX];

	if (!job->overlay->root)
		return 0;
	bd_path_folder(keys_path, folder);
	for (char *slash = strrchr(folder, '/'); slash && strcmp(folder, home) != 0; slash = strrchr(folder, '/')) {
		if (mend_mode(job, folder, err) != 0)
			return -1;
		if (!folder[1])
			break;
		slash[slash == folder] = '\0';
	}
	return mend_mode(job, home, err);
}

/* sshd lets nobody in whose shell is not there. */
static int check_shell(const struct job *job, struct bd_error *err)
{
	const char *shell = job->account->shell;
	bool there;

	if (bd_overlay_exists(job->overlay, shell, &there, err) != 0)
		return -1;
	if (!there)
		bd_warn("the shell of %s, %s, is not in the template: nobody can log in to it", job->account->name,
			shell);
	else if (bd_text_ends_in(shell, "/nologin") || bd_text_ends_in(shell, "/false"))
		bd_warn("the shell of %s in the template is %s: nobody can log in to it", job->account->name, shell);
	return 0;
}

static int unlock(const struct job *job, struct bd_error *err)
{
	bool changed;

	if (bd_account_unlock(job->overlay, job->account->name, &changed, err) != 0)
		return -1;
	if (changed)
		bd_info("%s is locked in the template's /etc/shadow (\"!\"); in %s it has no password instead (\"*\"), and its key lets in",
			job->account->name, job->who);
	return 0;
}

/* Socket activation does as well. */
static int start_server(const struct job *job, struct bd_error *err)
{
	static const char *const sockets[] = { "/etc/systemd/system/sockets.target.wants/ssh.socket",
					       "/etc/systemd/system/sockets.target.wants/sshd.socket", NULL };
	static const struct bd_service services[] = { { "ssh.service", "sshd", false, "SSH" },
						      { "sshd.service", "ssh", false, "SSH" },
						      { "dropbear.service", "dropbear", false, "SSH" } };
	enum bd_unit_state state = BD_UNIT_MISSING;
	bool by_socket;

	if (bd_overlay_has_any(job->overlay, sockets, &by_socket, err) != 0)
		return -1;
	if (by_socket)
		return 0;
	for (size_t i = 0; i < sizeof(services) / sizeof(*services) && state == BD_UNIT_MISSING; i++)
		if (bd_service_enable(job->system, job->overlay, &services[i], job->who, &state, err) != 0)
			return -1;
	return 0;
}

static int open_server(const struct job *job, struct bd_sshd_settings *settings, struct bd_error *err)
{
	static const char *const dropbears[] = { "/usr/sbin/dropbear", "/usr/bin/dropbear", NULL };
	bool dropbear;

	if (job->system->sshd)
		return open_sshd(job, settings, err) != 0 ? -1 : start_server(job, err);
	if (bd_overlay_has_any(job->overlay, dropbears, &dropbear, err) != 0)
		return -1;
	if (dropbear)
		return open_dropbear(job, err) != 0 ? -1 : start_server(job, err);
	bd_warn("%s has no SSH server: nothing asks for the key of %s", job->who, job->account->name);
	return 0;
}

int bd_ssh_access_grant(const struct bd_overlay *overlay, const struct bd_system *system,
			const struct bd_account *account, const char *keys, const char *who, struct bd_error *err)
{
	const struct job job = { overlay, system, account, keys, who };
	BD_DISPOSE(bd_sshd_settings_dispose) struct bd_sshd_settings settings = { 0 };
	BD_FREE char *path = NULL;

	if (open_server(&job, &settings, err) != 0 || find_keys_path(account, settings.keys_files, &path, err) != 0 ||
	    mend_modes(&job, path, err) != 0 || check_shell(&job, err) != 0)
		return -1;
	return add_keys(&job, path, err) != 0 ? -1 : unlock(&job, err);
}
