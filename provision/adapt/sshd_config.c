/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads sshd_config(5) as sshd does: the first value counts, those of a Match block that applies count before all others,
 * and lists grow. A Match by an address or the like applies to some connections only, and is passed over. */
#include "adapt/sshd_config.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"

#define DEPTH_MAX 16 /* as sshd's, of Include */

enum value { PERMIT_ROOT_LOGIN, PUBKEY_AUTHENTICATION, KEYS_FILES, USE_PAM, VALUE_COUNT };
enum list { ALLOW_USERS, DENY_USERS, ALLOW_GROUPS, DENY_GROUPS, LIST_COUNT };

static const char *const value_names[VALUE_COUNT] = { "PermitRootLogin", "PubkeyAuthentication", "AuthorizedKeysFile",
						      "UsePAM" };
static const char *const list_names[LIST_COUNT] = { "AllowUsers", "DenyUsers", "AllowGroups", "DenyGroups" };

/* Where a line stands. */
enum place { GLOBAL, MATCHED, PLACE_COUNT, PASSED_OVER = PLACE_COUNT };

struct reading {
	const struct bd_overlay *overlay;
	const struct bd_account *account;
	char *values[PLACE_COUNT][VALUE_COUNT];
	bool has_list[PLACE_COUNT][LIST_COUNT], is_on_list[PLACE_COUNT][LIST_COUNT];
	bool includes;
	char *host_keys;
};

static void reading_dispose(struct reading *reading)
{
	for (int place = 0; place < PLACE_COUNT; place++)
		for (int value = 0; value < VALUE_COUNT; value++)
			free(reading->values[place][value]);
	free(reading->host_keys);
}

void bd_sshd_settings_dispose(struct bd_sshd_settings *settings)
{
	free(settings->permit_root_login);
	free(settings->pubkey_authentication);
	free(settings->keys_files);
	free(settings->use_pam);
	*settings = (struct bd_sshd_settings){ 0 };
}

/* The next word of a line, out of quotes; NULL: there is none. Behind the keyword, "=" separates too. */
static char *next_word(char **rest, bool is_keyword)
{
	char *word = *rest + strspn(*rest, " \t\r");

	if (!*word || *word == '#')
		return NULL;
	if (*word == '"') {
		char *end = strchr(++word, '"');
		*rest = end ? end + 1 : word + strlen(word);
		if (end)
			*end = '\0';
		return word;
	}
	char *end = word + strcspn(word, is_keyword ? " \t\r=" : " \t\r");
	*rest = end;
	if (is_keyword)
		*rest += strspn(end, " \t\r");
	if (is_keyword && **rest == '=')
		++*rest;
	else if (*end)
		*rest = end + 1;
	*end = '\0';
	return word;
}

static bool is_in_group(const struct bd_account *account, const char *pattern)
{
	BD_FREE char *groups = strdup(account->groups);

	for (char *rest = NULL, *group = groups ? strtok_r(groups, " ", &rest) : NULL; group;
	     group = strtok_r(NULL, " ", &rest))
		if (fnmatch(pattern, group, FNM_NOESCAPE) == 0)
			return true;
	return false;
}

/* Patterns with commas between them, of which "!" excludes. */
static bool matches(const struct bd_account *account, const char *patterns, bool groups)
{
	BD_FREE char *copy = strdup(patterns);
	bool any = false;

	for (char *rest = NULL, *pattern = copy ? strtok_r(copy, ",", &rest) : NULL; pattern;
	     pattern = strtok_r(NULL, ",", &rest)) {
		const bool excludes = *pattern == '!';
		pattern += excludes;
		if (groups ? !is_in_group(account, pattern) : fnmatch(pattern, account->name, FNM_NOESCAPE) != 0)
			continue;
		if (excludes)
			return false;
		any = true;
	}
	return any;
}

static enum place take_match(const struct bd_account *account, char *rest)
{
	bool all = true;

	for (char *name; (name = next_word(&rest, true));) {
		if (strcasecmp(name, "all") == 0)
			continue;
		char *patterns = next_word(&rest, false);
		const bool users = strcasecmp(name, "user") == 0;
		if (!patterns || (!users && strcasecmp(name, "group") != 0) || !matches(account, patterns, !users))
			all = false;
	}
	return all ? MATCHED : PASSED_OVER;
}

/* USER@HOST lets in, or keeps out, some hosts only. */
static bool is_user(const struct bd_account *account, char *pattern, bool allows)
{
	char *at = strrchr(pattern, '@');

	if (at && !allows && strcmp(at, "@*") != 0)
		return false;
	if (at)
		*at = '\0';
	return fnmatch(pattern, account->name, FNM_NOESCAPE) == 0;
}

static void take_list(struct reading *reading, enum place place, enum list list, char *rest)
{
	for (char *word; (word = next_word(&rest, false));) {
		reading->has_list[place][list] = true;
		if (list == ALLOW_USERS || list == DENY_USERS ? is_user(reading->account, word, list == ALLOW_USERS)
							      : is_in_group(reading->account, word))
			reading->is_on_list[place][list] = true;
	}
}

static int read_file(struct reading *reading, const char *path, enum place *place, int depth, bool *there_out,
		     struct bd_error *err);

/* The names in a folder that match, in the order of glob(3). */
struct names {
	const char *pattern;
	char **items;
	size_t count;
};

static void names_dispose(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

static int take_name(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	struct names *names = context;

	(void)type;
	if (fnmatch(names->pattern, name, FNM_PERIOD) != 0)
		return 0;
	char *copy = strdup(name);
	if (!copy || bd_array_grow(names->items, names->count, err) != 0) {
		free(copy);
		return bd_no_memory(err);
	}
	names->items[names->count++] = copy;
	return 0;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Those of the template and those of ours; a name in both stands twice, and changes nothing the second time. */
static int list_names_in(const struct bd_overlay *overlay, const char *folder, struct names *names,
			 struct bd_error *err)
{
	size_t length = strlen(folder);

	if (overlay->root && overlay->root->list(overlay->root->source, folder, take_name, names, err) != 0)
		return -1;
	for (size_t i = 0; i < overlay->tree->count; i++) {
		const char *path = overlay->tree->nodes[i].path;
		if (strncmp(path, folder, length) == 0 && path[length] == '/' && !strchr(path + length + 1, '/') &&
		    take_name(names, path + length + 1, 0, err) != 0)
			return -1;
	}
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
	return 0;
}

/* Only names may have wildcards in them, no folders. */
static int include(struct reading *reading, const char *word, enum place place, int depth, struct bd_error *err)
{
	BD_DISPOSE(names_dispose) struct names names = { 0 };
	BD_FREE char *pattern = NULL;
	char folder[PATH_MAX];

	if (bd_text_format(&pattern, err, "%s%s", *word == '/' ? "" : "/etc/ssh/", word) != 0)
		return -1;
	bd_path_folder(pattern, folder);
	names.pattern = bd_path_last(pattern);
	if (place == GLOBAL && strcmp(pattern, BD_SSHD_DROP_INS "/*.conf") == 0)
		reading->includes = true;
	if (list_names_in(reading->overlay, folder, &names, err) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		BD_FREE char *path = NULL;
		enum place inner = place;
		bool there;
		if (i && strcmp(names.items[i], names.items[i - 1]) == 0)
			continue;
		if (bd_text_format(&path, err, "%s/%s", folder, names.items[i]) != 0 ||
		    read_file(reading, path, &inner, depth + 1, &there, err) != 0)
			return -1;
	}
	return 0;
}

static int take_value(struct reading *reading, enum place place, enum value value, char *rest, struct bd_error *err)
{
	char **to = &reading->values[place][value];

	if (*to)
		return 0;
	/* The words of AuthorizedKeysFile; of the others, there is one. */
	for (char *word; (word = next_word(&rest, false));) {
		BD_FREE char *before = *to;
		if (bd_text_format(to, err, "%s%s%s", before ? before : "", before ? " " : "", word) != 0)
			return -1;
	}
	return 0;
}

/* Each line adds one. */
static int take_host_key(struct reading *reading, char *rest, struct bd_error *err)
{
	BD_FREE char *before = reading->host_keys;
	const char *file = next_word(&rest, false);

	return bd_text_format(&reading->host_keys, err, "%s%s%s", before ? before : "", file ? file : "",
			      file ? "\n" : "");
}

static int take_line(struct reading *reading, char *line, enum place *place, int depth, struct bd_error *err)
{
	char *rest = line, *keyword = next_word(&rest, true);

	if (!keyword)
		return 0;
	if (strcasecmp(keyword, "Match") == 0) {
		*place = take_match(reading->account, rest);
		return 0;
	}
	if (*place == PASSED_OVER)
		return 0;
	if (strcasecmp(keyword, "Include") == 0) {
		for (char *word; depth < DEPTH_MAX && (word = next_word(&rest, false));)
			if (include(reading, word, *place, depth, err) != 0)
				return -1;
		return 0;
	}
	if (strcasecmp(keyword, "HostKey") == 0)
		return take_host_key(reading, rest, err);
	for (int list = 0; list < LIST_COUNT; list++)
		if (strcasecmp(keyword, list_names[list]) == 0)
			take_list(reading, *place, (enum list)list, rest);
	for (int value = 0; value < VALUE_COUNT; value++)
		if (strcasecmp(keyword, value_names[value]) == 0)
			return take_value(reading, *place, (enum value)value, rest, err);
	return 0;
}

static int read_file(struct reading *reading, const char *path, enum place *place, int depth, bool *there_out,
		     struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (bd_overlay_read(reading->overlay, path, &text, err) != 0)
		return -1;
	*there_out = text != NULL;
	for (char *rest = NULL, *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		if (take_line(reading, line, place, depth, err) != 0)
			return -1;
	return 0;
}

static char *take_setting(struct reading *reading, enum value value)
{
	char **matched = &reading->values[MATCHED][value], **global = &reading->values[GLOBAL][value];

	return *matched ? bd_take_ptr(*matched) : bd_take_ptr(*global);
}

/* A list in a Match block takes the place of the other. */
static bool list_of(const struct reading *reading, enum list list, bool *is_on_list_out)
{
	const enum place place = reading->has_list[MATCHED][list] ? MATCHED : GLOBAL;

	*is_on_list_out = reading->is_on_list[place][list];
	return reading->has_list[place][list];
}

/* NULL in *path_out: there is none. */
static int read_config(struct reading *reading, const char **path_out, struct bd_error *err)
{
	/* The second is where packages of SUSE have it. */
	static const char *const paths[] = { BD_SSHD_CONFIG, "/usr/etc/ssh/sshd_config" };
	enum place place = GLOBAL;

	*path_out = NULL;
	for (size_t i = 0; i < 2 && !*path_out; i++) {
		bool there;
		if (read_file(reading, paths[i], &place, 0, &there, err) != 0)
			return -1;
		*path_out = there ? paths[i] : NULL;
	}
	return 0;
}

int bd_sshd_config_host_keys(const struct bd_overlay *overlay, char **files_out, const char **path_out,
			     struct bd_error *err)
{
	char nothing[] = "";
	const struct bd_account nobody = { .name = nothing,
					   .groups = nothing }; /* no Match can have such lines in it */
	BD_DISPOSE(reading_dispose) struct reading reading = { .overlay = overlay, .account = &nobody };

	if (read_config(&reading, path_out, err) != 0)
		return -1;
	*files_out = bd_take_ptr(reading.host_keys);
	return 0;
}

int bd_sshd_config_read(const struct bd_overlay *overlay, const struct bd_account *account,
			struct bd_sshd_settings *settings_out, struct bd_error *err)
{
	BD_DISPOSE(reading_dispose) struct reading reading = { .overlay = overlay, .account = account };
	struct bd_sshd_settings settings = { 0 };

	if (read_config(&reading, &settings.path, err) != 0)
		return -1;
	settings.includes = reading.includes;
	settings.permit_root_login = take_setting(&reading, PERMIT_ROOT_LOGIN);
	settings.pubkey_authentication = take_setting(&reading, PUBKEY_AUTHENTICATION);
	settings.keys_files = take_setting(&reading, KEYS_FILES);
	settings.use_pam = take_setting(&reading, USE_PAM);
	settings.has_allow_users = list_of(&reading, ALLOW_USERS, &settings.in_allow_users);
	settings.has_allow_groups = list_of(&reading, ALLOW_GROUPS, &settings.in_allow_groups);
	list_of(&reading, DENY_USERS, &settings.in_deny_users);
	list_of(&reading, DENY_GROUPS, &settings.in_deny_groups);
	*settings_out = settings;
	return 0;
}
