/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Examines the service xendomains, and what it has saved. */
#include "ops/guest/xendomains.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ops/guest/autostart.h"

#define SAVE_FOLDER BD_LOCALSTATEDIR "/lib/xen/save"
/* What a file of xl save begins with. */
#define SAVE_MAGIC "Xen saved domain"
/* A disk is written to for the last time before the file is complete, by the clock of the same host. */
#define SAVE_SLACK_S 2

static bool is_any(const char *pattern)
{
	glob_t found;
	bool any = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;

	globfree(&found);
	return any;
}

static bool is_any_of(const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (is_any(*patterns))
			return true;
	return false;
}

/* A link to /dev/null, or an empty file: systemd's way to say "never". */
static bool is_mask(const char *path)
{
	char target[PATH_MAX];
	struct stat there;

	if (realpath(path, target) && strcmp(target, "/dev/null") == 0)
		return true;
	return stat(path, &there) == 0 && S_ISREG(there.st_mode) && there.st_size == 0;
}

/* The values of the setting, as the last assignment of a file for a shell has it; false: there is none. */
static bool read_setting(const char *path, const char *name, char *value_out, size_t size)
{
	BD_FCLOSE FILE *file = fopen(path, "re");
	char line[PATH_MAX + 64];
	size_t length = strlen(name);
	bool found = false;

	while (file && fgets(line, sizeof(line), file)) {
		char *at = line + strspn(line, " \t");
		if (strncmp(at, name, length) != 0 || at[length] != '=')
			continue;
		at += length + 1;
		char quote = *at == '"' || *at == '\'' ? *at++ : '\0';
		at[quote ? strcspn(at, (char[]){ quote, '\n', '\0' }) : strcspn(at, " \t#;\n")] = '\0';
		snprintf(value_out, size, "%s", at);
		found = true;
	}
	return found;
}

static void setting(const char *name, const char *otherwise, char value_out[PATH_MAX])
{
	if (!read_setting(BD_SYSCONFDIR "/default/xendomains", name, value_out, PATH_MAX) &&
	    !read_setting(BD_SYSCONFDIR "/sysconfig/xendomains", name, value_out, PATH_MAX))
		snprintf(value_out, PATH_MAX, "%s", otherwise);
}

static bool is_our_folder(const char *folder)
{
	char theirs[PATH_MAX], ours[PATH_MAX];

	if (realpath(folder, theirs) && realpath(GUEST_AUTOSTART_FOLDER, ours))
		return strcmp(theirs, ours) == 0;
	/* It may not be there yet. */
	size_t length = strlen(folder);
	while (length > 1 && folder[length - 1] == '/')
		length--;
	return length == strlen(GUEST_AUTOSTART_FOLDER) && strncmp(folder, GUEST_AUTOSTART_FOLDER, length) == 0;
}

static bool is_in_runlevels(void)
{
	static const char *const patterns[] = { BD_SYSCONFDIR "/rc[2-5].d/S*xendomains",
						BD_SYSCONFDIR "/rc.d/rc[2-5].d/S*xendomains",
						BD_SYSCONFDIR "/runlevels/*/xendomains", NULL };

	return is_any_of(patterns);
}

static bool has_script(void)
{
	static const char *const scripts[] = { BD_SYSCONFDIR "/init.d/xendomains",
					       BD_SYSCONFDIR "/rc.d/init.d/xendomains", NULL };

	return is_any_of(scripts);
}

/* The one that counts comes first. */
static enum xendomains_state look_at_systemd(void)
{
	static const char *const units[] = { BD_SYSCONFDIR "/systemd/system/xendomains.service",
					     "/run/systemd/system/xendomains.service",
					     "/run/systemd/generator.early/xendomains.service",
					     "/usr/local/lib/systemd/system/xendomains.service",
					     "/usr/lib/systemd/system/xendomains.service",
					     "/lib/systemd/system/xendomains.service" };
	static const char *const wants[] = { BD_SYSCONFDIR "/systemd/system/*.wants/xendomains.service",
					     "/run/systemd/system/*.wants/xendomains.service",
					     "/usr/lib/systemd/system/*.wants/xendomains.service", NULL };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (is_mask(units[i]))
			return XENDOMAINS_MASKED;
		if (access(units[i], F_OK) == 0)
			return is_any_of(wants) ? XENDOMAINS_ENABLED : XENDOMAINS_DISABLED;
	}
	/* A script of SysV init, for which systemd makes a unit by itself. */
	return !has_script() ? XENDOMAINS_MISSING : is_in_runlevels() ? XENDOMAINS_ENABLED : XENDOMAINS_DISABLED;
}

enum xendomains_state xendomains_look(void)
{
	enum xendomains_state state = XENDOMAINS_MISSING;
	char folder[PATH_MAX];

	if (access("/run/systemd/system", F_OK) == 0)
		state = look_at_systemd();
	else if (has_script())
		state = is_in_runlevels() ? XENDOMAINS_ENABLED : XENDOMAINS_DISABLED;
	if (state != XENDOMAINS_ENABLED)
		return state;
	setting("XENDOMAINS_AUTO", GUEST_AUTOSTART_FOLDER, folder);
	return is_our_folder(folder) ? XENDOMAINS_ENABLED : XENDOMAINS_ELSEWHERE;
}

const char *xendomains_word(enum xendomains_state state)
{
	static const char *const words[] = { "enabled", "disabled", "masked", "not installed",
					     "set to another folder" };

	return words[state];
}

const char *xendomains_advice(enum xendomains_state state)
{
	static const char *const advice[] = {
		NULL,
		"enable it: systemctl enable xendomains, or update-rc.d xendomains enable",
		"unmask and enable it: systemctl unmask xendomains && systemctl enable xendomains",
		"install it (Debian: xen-utils-common)",
		"in " BD_SYSCONFDIR "/default/xendomains, write XENDOMAINS_AUTO=" GUEST_AUTOSTART_FOLDER,
	};

	return advice[state];
}

static bool is_save_file(const char *path, struct stat *there_out)
{
	char magic[sizeof(SAVE_MAGIC)] = "";
	BD_FCLOSE FILE *file = lstat(path, there_out) == 0 && S_ISREG(there_out->st_mode) ? fopen(path, "re") : NULL;

	return file && fread(magic, 1, sizeof(magic) - 1, file) == sizeof(magic) - 1 &&
	       memcmp(magic, SAVE_MAGIC, sizeof(magic) - 1) == 0;
}

/* Only of files it is known when they were written to. */
static bool is_written_after(const struct bd_cfg *cfg, const struct stat *save)
{
	struct stat disk;

	for (size_t i = 0; i < cfg->disk_count; i++)
		if (stat(cfg->disks[i], &disk) == 0 && S_ISREG(disk.st_mode) &&
		    disk.st_mtime > save->st_mtime + SAVE_SLACK_S)
			return true;
	return false;
}

enum saved_state xendomains_saved(const struct bd_cfg *cfg, char path_out[PATH_MAX])
{
	char folder[PATH_MAX];
	struct stat save;

	setting("XENDOMAINS_SAVE", SAVE_FOLDER, folder);
	if (!*folder || !cfg->name || strchr(cfg->name, '/') ||
	    snprintf(path_out, PATH_MAX, "%s/%s", folder, cfg->name) >= PATH_MAX || !is_save_file(path_out, &save))
		return SAVED_NOT;
	return is_written_after(cfg, &save) ? SAVED_STALE : SAVED;
}
