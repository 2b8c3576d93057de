/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats: cloud-init's ds-identify (policy, datasource), cloudinit/util.py (read_conf_d: the last file counts first) and
 * cloudinit/stages.py (_find_networking_config: kernel arguments, the system's config, and only then the datasource). Of YAML, as much as
 * a key at the top of a document needs. */
#include "adapt/cloud_init_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"

#define CONFIG "/etc/cloud/cloud.cfg"
#define CONFIG_FOLDER "/etc/cloud/cloud.cfg.d"
#define TEXT_BYTES_MAX ((size_t)1 << 20)

struct span {
	const char *text;
	size_t size;
};

/* A key, and the file that it is taken from so far. */
struct setting {
	const char *key;
	char *file; /* owned; NULL: none has it */
	bool holds; /* what it says there is what is looked for */
};

struct looking {
	const struct bd_root_reader *root;
	struct setting network, datasources;
};

static int read_text(const struct bd_root_reader *root, const char *path, char **text_out, struct bd_error *err)
{
	return bd_root_read_optional(root, path, TEXT_BYTES_MAX, text_out, NULL, err);
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : line;
}

/* --- YAML --------------------------------------------------------------------------------------------------------- */

/* The value begins behind the colon; NULL: the line is not of that key. */
static const char *value_in_line(const char *line, const char *key)
{
	const char quote = *line == '"' || *line == '\'' ? *line : '\0';

	line += quote != '\0';
	if (!bd_text_begins_with(line, key))
		return NULL;
	line += strlen(key);
	if (quote && *line++ != quote)
		return NULL;
	line += strspn(line, " \t");
	return *line == ':' && strchr(" \t\r\n", line[1]) ? line + 1 : NULL;
}

/* The lines below a key are part of its value until one begins in the first column; a list may begin there. */
static bool continues(const char *line, char opened_by)
{
	if (strchr(" \t\r\n#", *line))
		return true;
	if (opened_by)
		return *line == ']' || *line == '}';
	return *line == '-' && !bd_text_begins_with(line, "---");
}

/* The last one counts where there are several. */
static bool find_value(const char *text, const char *key, struct span *value_out)
{
	bool found = false;

	for (const char *line = text; *line; line = next_line(line)) {
		const char *value = value_in_line(line, key);
		if (!value)
			continue;
		const char *first = value + strspn(value, " \t"), *end = next_line(line);
		char opened_by = *first == '[' || *first == '{' ? *first : '\0';
		while (*end && continues(end, opened_by))
			end = next_line(end);
		*value_out = (struct span){ value, (size_t)(end - value) };
		found = true;
	}
	return found;
}

/* The next of its scalars, without quotes and comments, whatever lists and maps it is in. */
static bool next_word(struct span *rest, struct span *word_out)
{
	static const char between[] = " \t\r\n[]{},\"'";
	const char *at = rest->text, *end = rest->text + rest->size;

	for (; at < end; at++) {
		if (*at == '#') {
			while (at + 1 < end && at[1] != '\n')
				at++;
			continue;
		}
		bool is_dash = *at == '-' && (at + 1 == end || strchr(between, at[1]));
		if (!is_dash && !strchr(between, *at))
			break;
	}
	const char *word = at;
	while (at < end && !strchr(between, *at))
		at++;
	*rest = (struct span){ at, (size_t)(end - at) };
	*word_out = (struct span){ word, (size_t)(at - word) };
	return at > word;
}

/* As PyYAML resolves it. */
static bool is_null_word(const struct span *word)
{
	return (word->size == 4 && strncasecmp(word->text, "null", 4) == 0) ||
	       (word->size == 1 && *word->text == '~');
}

static bool is_null(struct span value)
{
	struct span word, more;

	if (!next_word(&value, &word))
		return true;
	return is_null_word(&word) && !next_word(&value, &more);
}

static bool has_word(struct span value, const char *text)
{
	struct span word;

	while (next_word(&value, &word))
		if (strlen(text) == word.size && memcmp(word.text, text, word.size) == 0)
			return true;
	return false;
}

/* --- /etc/cloud --------------------------------------------------------------------------------------------------- */

/* file: its name; "" is before all others. */
static int take_setting(struct setting *setting, const char *file, const char *text,
			bool (*holds)(const struct span *value), struct bd_error *err)
{
	struct span value;

	if ((setting->file && strcmp(setting->file, file) > 0) || !find_value(text, setting->key, &value))
		return 0;
	free(setting->file);
	setting->file = strdup(file);
	setting->holds = holds(&value);
	return setting->file ? 0 : bd_no_memory(err);
}

static bool is_network(const struct span *value)
{
	return !is_null(*value);
}

static bool is_without_nocloud(const struct span *value)
{
	bool is_list = memchr(value->text, '[', value->size) != NULL;

	return (is_list || !is_null(*value)) && !has_word(*value, "NoCloud");
}

static int take_file(struct looking *looking, const char *path, const char *name, struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (read_text(looking->root, path, &text, err) != 0)
		return -1;
	if (!text)
		return 0;
	return take_setting(&looking->network, name, text, is_network, err) == 0
		       ? take_setting(&looking->datasources, name, text, is_without_nocloud, err)
		       : -1;
}

static int take_entry(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	struct looking *looking = context;
	BD_FREE char *path = NULL;

	(void)type;
	if (!bd_text_ends_in(name, ".cfg"))
		return 0;
	return bd_text_format(&path, err, CONFIG_FOLDER "/%s", name) == 0 ? take_file(looking, path, name, err) : -1;
}

static int look_at_files(struct looking *looking, struct bd_cloud_init_config *config, struct bd_error *err)
{
	const struct bd_root_reader *root = looking->root;

	if (take_file(looking, CONFIG, "", err) != 0 ||
	    root->list(root->source, CONFIG_FOLDER, take_entry, looking, err) != 0)
		return -1;
	config->has_network = looking->network.holds;
	config->is_without_nocloud = looking->datasources.holds;
	return 0;
}

/* --- what counts before it ---------------------------------------------------------------------------------------- */

const char *bd_ds_identify_value(const char *text, const char *key, int *size_out)
{
	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *at = line + strspn(line, " \t");
		if (!bd_text_begins_with(at, key))
			continue;
		at += strlen(key);
		at += strspn(at, " \t");
		if (*at != ':')
			continue;
		at++;
		at += strspn(at, " \t");
		*size_out = (int)strcspn(at, " \t\n#");
		return at;
	}
	return NULL;
}

bool bd_ds_identify_disables(const char *text)
{
	int size = 0;
	const char *policy = bd_ds_identify_value(text, "policy", &size);

	return policy && size == 8 && bd_text_begins_with(policy, "disabled");
}

/* It counts before all lists of datasources. */
static int look_at_ds_identify(const struct bd_root_reader *root, struct bd_cloud_init_config *config,
			       struct bd_error *err)
{
	BD_FREE char *text = NULL;
	int size = 0;

	if (read_text(root, BD_CLOUD_INIT_DS_IDENTIFY, &text, err) != 0)
		return -1;
	if (!text)
		return 0;
	config->is_disabled |= bd_ds_identify_disables(text);
	const char *source = bd_ds_identify_value(text, "datasource", &size);
	if (source && size)
		config->is_without_nocloud = !has_word((struct span){ source, strcspn(source, "\n") }, "NoCloud");
	return 0;
}

static void take_argument(const char *word, struct bd_cloud_init_config *config)
{
	static const char *const sources[] = { "ds=", "ci.ds=", "ci.datasource=" };
	const size_t size = strcspn(word, " \t\r\n\"'");

	if (size == strlen(BD_CLOUD_INIT_DISABLED_ARGUMENT) &&
	    bd_text_begins_with(word, BD_CLOUD_INIT_DISABLED_ARGUMENT))
		config->is_disabled = true;
	config->has_network |= bd_text_begins_with(word, "network-config=");
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		if (bd_text_begins_with(word, sources[i]))
			config->is_without_nocloud = strncasecmp(word + strlen(sources[i]), "nocloud", 7) != 0;
}

/* The entry that is booted unless another is chosen. */
static void take_arguments(const char *text, struct bd_cloud_init_config *config)
{
	for (const char *line = text; *line; line = next_line(line)) {
		const char *at = line + strspn(line, " \t"), *end = at + strcspn(at, "\n");
		if (!bd_text_begins_with(at, "linux") || !strchr(" \t1e", at[5]))
			continue;
		while (at < end) {
			take_argument(at, config);
			at += strcspn(at, " \t\n");
			at += strspn(at, " \t");
		}
		return;
	}
}

static int look_at_arguments(const struct bd_root_reader *root, struct bd_cloud_init_config *config,
			     struct bd_error *err)
{
	static const char *const paths[] = { "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		BD_FREE char *text = NULL;
		if (read_text(root, paths[i], &text, err) != 0)
			return -1;
		if (text) {
			take_arguments(text, config);
			return 0;
		}
	}
	return 0;
}

int bd_cloud_init_config_read(const struct bd_root_reader *root, struct bd_cloud_init_config *config_out,
			      struct bd_error *err)
{
	struct looking looking = { .root = root, .network.key = "network", .datasources.key = "datasource_list" };
	static const char *const disablers[] = { BD_CLOUD_INIT_DISABLED_FILE, NULL };
	struct bd_cloud_init_config config = { 0 };
	bool upgraded = false;

	int r = look_at_files(&looking, &config, err);
	free(looking.network.file);
	free(looking.datasources.file);
	if (r != 0 || bd_root_has_any(root, disablers, false, &config.is_disabled, err) != 0 ||
	    bd_root_exists(root, BD_CLOUD_INIT_UPGRADED_NETWORK, &upgraded, err) != 0 ||
	    look_at_ds_identify(root, &config, err) != 0 || look_at_arguments(root, &config, err) != 0)
		return -1;
	config.has_network |= upgraded;
	*config_out = config;
	return 0;
}
