/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads an xl config. */
#include "xlcfg/read.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "guest/description.h"
#include "guest/vif_keys.h"
#include "xlcfg/disks.h"
#include "xlcfg/lexer.h"
#include "xlcfg/syntax.h"

/* The keys that are asked for. */
enum key {
	KEY_NAME,
	KEY_UUID,
	KEY_MEMORY,
	KEY_VCPUS,
	KEY_TYPE,
	KEY_BUILDER,
	KEY_PVH,
	KEY_KERNEL,
	KEY_RAMDISK,
	KEY_BOOTLOADER,
	KEY_DISK,
	KEY_VIF,
	KEY_MAXMEM,
	KEY_MAXVCPUS,
	KEY_BOOTLOADER_RESTRICT,
	KEY_BOOTLOADER_USER,
	KEY_BOOTLOADER_ARGS,
	KEY_BIOS,
	KEY_CMDLINE,
	KEY_ROOT,
	KEY_EXTRA,
	KEY_COUNT
};

static const char *const key_names[KEY_COUNT] = { "name",
						  "uuid",
						  "memory",
						  "vcpus",
						  "type",
						  "builder",
						  "pvh",
						  "kernel",
						  "ramdisk",
						  "bootloader",
						  "disk",
						  "vif",
						  "maxmem",
						  "maxvcpus",
						  "bootloader_restrict",
						  "bootloader_user",
						  "bootloader_args",
						  "bios",
						  "cmdline",
						  "root",
						  "extra" };

/* A key's value: the atoms of a list, or the one atom of what is none. */
struct value {
	char **atoms;
	size_t count;
	bool is_list;
};

static void clear(struct value *value)
{
	for (size_t i = 0; i < value->count; i++)
		free(value->atoms[i]);
	free(value->atoms);
	*value = (struct value){ 0 };
}

struct values {
	struct value of[KEY_COUNT];
};

static void values_dispose(struct values *values)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		clear(&values->of[i]);
}

void bd_cfg_dispose(struct bd_cfg *cfg)
{
	free(cfg->path);
	free(cfg->name);
	free(cfg->kernel);
	free(cfg->ramdisk);
	free(cfg->bootloader);
	free(cfg->bootloader_user);
	for (size_t i = 0; i < cfg->bootloader_arg_count; i++)
		free(cfg->bootloader_args[i]);
	free(cfg->bootloader_args);
	free(cfg->bios);
	free(cfg->cmdline);
	for (size_t i = 0; i < cfg->disk_count; i++)
		free(cfg->disks[i]);
	free(cfg->disks);
	free(cfg->disk_formats);
	for (size_t i = 0; i < cfg->vif_count; i++) {
		free(cfg->vifs[i].ip);
		free(cfg->vifs[i].spec);
	}
	free(cfg->vifs);
	free(cfg->template);
	free(cfg->address);
	free(cfg->ip6);
	free(cfg->address6);
	free(cfg->gateway);
	free(cfg->gateway6);
	free(cfg->dns);
	free(cfg->fleet);
	free(cfg->report);
	for (size_t i = 0; i < BD_NETWORKS_MAX; i++)
		free(cfg->networks[i]);
	*cfg = (struct bd_cfg){ 0 };
}

static int append(char ***items, size_t *count, char *item, struct bd_error *err)
{
	if (!item)
		return bd_no_memory(err);
	if (bd_array_grow(*items, *count, err) != 0) {
		free(item);
		return -1;
	}
	(*items)[(*count)++] = item;
	return 0;
}

static int append_atom(struct value *value, const struct bd_cfg_token *token, struct bd_error *err)
{
	size_t size = (size_t)(token->end - token->begin) + 1;
	char *text = malloc(size);

	if (text)
		bd_cfg_token_text(token, text, size);
	return append(&value->atoms, &value->count, text, err);
}

/* "we" += "b" is "web", and 6 += 4 is 64: what is no list is text. */
static int lengthen(struct value *value, const struct bd_cfg_token *token, struct bd_error *err)
{
	size_t length = strlen(value->atoms[0]), size = (size_t)(token->end - token->begin) + 1;
	char *grown = realloc(value->atoms[0], length + size);

	if (!grown)
		return bd_no_memory(err);
	value->atoms[0] = grown;
	bd_cfg_token_text(token, grown + length, size);
	return 0;
}

/* += appends, as xl has it: to a list the atoms of another, to what is none the text. */
static int keep_value(const struct bd_cfg_statement *statement, struct value *value, struct bd_error *err)
{
	struct bd_cfg_lexer lexer;
	struct bd_cfg_token token;

	bool is_list = false, appends = statement->adds && value->count;

	if (!statement->adds)
		clear(value);
	bd_cfg_lexer_init(&lexer, statement->value);
	for (;;) {
		bd_cfg_next(&lexer, &token);
		if (token.kind == BD_CFG_END || token.begin >= statement->end)
			return 0;
		bool is_atom =
			token.kind == BD_CFG_STRING || token.kind == BD_CFG_NUMBER || token.kind == BD_CFG_WORD;
		is_list = is_list || token.kind == BD_CFG_OPEN;
		value->is_list |= is_list;
		if (!is_atom)
			continue;
		if ((appends && !is_list ? lengthen(value, &token, err) : append_atom(value, &token, err)) != 0)
			return -1;
	}
}

void bd_cfg_network_key(size_t number, char key_out[BD_CFG_NETWORK_KEY_SIZE])
{
	snprintf(key_out, BD_CFG_NETWORK_KEY_SIZE, "net%u", (unsigned)number & 0xff);
}

bool bd_cfg_never_reports(const struct bd_cfg *cfg)
{
	return cfg->report && strcmp(cfg->report, "none") == 0;
}

static int keep_word(const struct bd_cfg_word *word, char **text, struct bd_error *err)
{
	free(*text);
	*text = strndup(word->value, (size_t)(word->end - word->value));
	return *text ? 0 : bd_no_memory(err);
}

static int keep_words(const char *at, const char *end, struct bd_cfg *cfg, struct bd_error *err)
{
	const struct {
		const char *key;
		char **text;
	} ours[] = { { "template", &cfg->template }, { "address", &cfg->address },   { "gateway", &cfg->gateway },
		     { "ip6", &cfg->ip6 },	     { "address6", &cfg->address6 }, { "gateway6", &cfg->gateway6 },
		     { "dns", &cfg->dns },	     { "fleet", &cfg->fleet },	     { "report", &cfg->report } };
	struct bd_cfg_word word;
	char key[BD_CFG_NETWORK_KEY_SIZE];

	while (bd_cfg_next_word(&at, end, &word)) {
		for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
			if (bd_cfg_word_is(&word, ours[i].key) && keep_word(&word, ours[i].text, err) != 0)
				return -1;
		for (size_t i = 1; i < BD_NETWORKS_MAX; i++) {
			bd_cfg_network_key(i, key);
			if (bd_cfg_word_is(&word, key) && keep_word(&word, &cfg->networks[i], err) != 0)
				return -1;
		}
	}
	return 0;
}

static int read_statements(const char *text, struct values *values, struct bd_cfg *cfg, struct bd_error *err)
{
	struct bd_cfg_lexer lexer;
	struct bd_cfg_statement statement;
	int r;

	bd_cfg_lexer_init(&lexer, text);
	while ((r = bd_cfg_next_statement(&lexer, &statement, err)) > 0) {
		const char *words = bd_cfg_our_words(&statement);
		if (words && keep_words(words, statement.end, cfg, err) != 0)
			return -1;
		for (size_t i = 0; i < KEY_COUNT; i++)
			if (bd_cfg_statement_is(&statement, key_names[i]) &&
			    keep_value(&statement, &values->of[i], err) != 0)
				return -1;
	}
	return r;
}

/* NULL: the config does not say, or says it with nothing in it. */
static const char *text_of(const struct values *values, enum key key)
{
	const struct value *value = &values->of[key];

	return value->count && value->atoms[0][0] ? value->atoms[0] : NULL;
}

/* As strtoul reads it with base 0, in quotes or without. 0: not said, or no number. */
static uint64_t number_of(const struct values *values, enum key key)
{
	const char *text = text_of(values, key);
	char *end;

	if (!text || !isdigit((unsigned char)text[0]))
		return 0;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 0);
	return errno || *end ? 0 : number;
}

static int copy(const struct values *values, enum key key, char **copy_out, struct bd_error *err)
{
	const char *text = text_of(values, key);

	if (!text)
		return 0;
	*copy_out = strdup(text);
	return *copy_out ? 0 : bd_no_memory(err);
}

/* cmdline= counts alone, else root= and extra= (parse_cmdline of xl_parse.c). */
static int make_cmdline(const struct values *values, struct bd_cfg *cfg, struct bd_error *err)
{
	const char *root = text_of(values, KEY_ROOT), *extra = text_of(values, KEY_EXTRA);

	if (text_of(values, KEY_CMDLINE) || (!root && !extra))
		return copy(values, KEY_CMDLINE, &cfg->cmdline, err);
	int r = root ? asprintf(&cfg->cmdline, "root=%s%s%s", root, extra ? " " : "", extra ? extra : "")
		     : asprintf(&cfg->cmdline, "%s", extra);
	if (r >= 0)
		return 0;
	cfg->cmdline = NULL;
	return bd_no_memory(err);
}

/* xl.cfg(5): type=, else builder=, else "pv"; pvh= is of Xen 4.9 and before. */
static const char *type_of(const struct values *values)
{
	const char *type = text_of(values, KEY_TYPE), *builder = text_of(values, KEY_BUILDER);

	if (type && (strcmp(type, "hvm") == 0 || strcmp(type, "pvh") == 0 || strcmp(type, "pv") == 0))
		return type;
	if (!type && builder && strcmp(builder, "hvm") == 0)
		return "hvm";
	return !type && number_of(values, KEY_PVH) ? "pvh" : "pv";
}

static int read_disks(const struct value *value, struct bd_cfg *cfg, struct bd_error *err)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < value->count; i++) {
		const char *format = bd_xlcfg_disk_format(value->atoms[i]);
		if (!bd_xlcfg_disk_target(value->atoms[i], path))
			continue;
		if (bd_array_grow(cfg->disk_formats, cfg->disk_count, err) != 0)
			return -1;
		cfg->disk_formats[cfg->disk_count] = format;
		if (append(&cfg->disks, &cfg->disk_count, strdup(path), err) != 0)
			return -1;
	}
	return 0;
}

static int read_bootloader_args(const struct value *value, struct bd_cfg *cfg, struct bd_error *err)
{
	char *rest = NULL;

	for (size_t i = 0; value->is_list && i < value->count; i++)
		if (append(&cfg->bootloader_args, &cfg->bootloader_arg_count, strdup(value->atoms[i]), err) != 0)
			return -1;
	if (value->is_list || !value->count)
		return 0;
	for (char *word = strtok_r(value->atoms[0], " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest))
		if (append(&cfg->bootloader_args, &cfg->bootloader_arg_count, strdup(word), err) != 0)
			return -1;
	return 0;
}

/* "mac=..,bridge=..", with blanks or without. Of what is said twice the last counts. */
static int read_vif(char *spec, struct bd_cfg_vif *vif, struct bd_error *err)
{
	struct bd_error ignored;
	char *rest = spec;

	vif->spec = strdup(spec);
	if (!vif->spec)
		return bd_no_memory(err);
	for (char *part; (part = strsep(&rest, ","));) {
		part += strspn(part, " \t");
		for (size_t length = strlen(part); length && isspace((unsigned char)part[length - 1]);)
			part[--length] = '\0';
		if (strncmp(part, "mac=", 4) == 0) {
			/* As xl, with hyphens too. */
			for (char *hyphen = part; (hyphen = strchr(hyphen, '-'));)
				*hyphen = ':';
			vif->has_mac = bd_mac_parse(part + 4, vif->mac, &ignored) == 0;
		} else if (strncmp(part, "bridge=", 7) == 0 && strlen(part + 7) < sizeof(vif->bridge))
			strcpy(vif->bridge, part + 7);
		if (strncmp(part, "ip=", 3) != 0)
			continue;
		free(vif->ip);
		vif->ip = strdup(part + 3);
		if (!vif->ip)
			return bd_no_memory(err);
	}
	return 0;
}

int bd_cfg_vif_value(const struct bd_cfg_vif *vif, const char *key, char **value_out, struct bd_error *err)
{
	char value[BD_VIF_KEYS_SIZE];

	*value_out = NULL;
	bd_vif_keys_value(vif->spec, key, value);
	if (!*value)
		return 0;
	*value_out = strdup(value);
	return *value_out ? 0 : bd_no_memory(err);
}

static int read_vifs(const struct value *value, struct bd_cfg *cfg, struct bd_error *err)
{
	if (!value->count)
		return 0;
	cfg->vifs = calloc(value->count, sizeof(*cfg->vifs));
	if (!cfg->vifs)
		return bd_no_memory(err);
	cfg->vif_count = value->count;
	for (size_t i = 0; i < value->count; i++)
		if (read_vif(value->atoms[i], &cfg->vifs[i], err) != 0)
			return -1;
	return 0;
}

static int read_values(const struct values *values, struct bd_cfg *cfg, struct bd_error *err)
{
	const char *uuid = text_of(values, KEY_UUID);
	uint64_t vcpus = number_of(values, KEY_VCPUS);
	struct bd_error ignored;

	cfg->has_uuid = uuid && bd_parse_uuid(uuid, cfg->uuid, &ignored) == 0;
	cfg->memory_mib = number_of(values, KEY_MEMORY);
	cfg->maxmem_mib = number_of(values, KEY_MAXMEM);
	cfg->maxvcpus = number_of(values, KEY_MAXVCPUS);
	cfg->restricts_bootloader = number_of(values, KEY_BOOTLOADER_RESTRICT) != 0;
	cfg->says_restrict = text_of(values, KEY_BOOTLOADER_RESTRICT) != NULL;
	cfg->vcpus = vcpus <= UINT32_MAX ? (uint32_t)vcpus : 0;
	strcpy(cfg->type, type_of(values));
	if (copy(values, KEY_NAME, &cfg->name, err) != 0 || copy(values, KEY_KERNEL, &cfg->kernel, err) != 0 ||
	    copy(values, KEY_RAMDISK, &cfg->ramdisk, err) != 0 ||
	    copy(values, KEY_BOOTLOADER, &cfg->bootloader, err) != 0 ||
	    copy(values, KEY_BOOTLOADER_USER, &cfg->bootloader_user, err) != 0 ||
	    read_bootloader_args(&values->of[KEY_BOOTLOADER_ARGS], cfg, err) != 0 ||
	    copy(values, KEY_BIOS, &cfg->bios, err) != 0 || make_cmdline(values, cfg, err) != 0 ||
	    read_disks(&values->of[KEY_DISK], cfg, err) != 0)
		return -1;
	return read_vifs(&values->of[KEY_VIF], cfg, err);
}

int bd_cfg_parse(const char *text, struct bd_cfg *cfg_out, struct bd_error *err)
{
	BD_DISPOSE(values_dispose) struct values values = { 0 };
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };

	if (read_statements(text, &values, &cfg, err) != 0 || read_values(&values, &cfg, err) != 0)
		return -1;
	*cfg_out = bd_take_struct(cfg);
	return 0;
}

int bd_cfg_read(const char *path, struct bd_cfg *cfg_out, struct bd_error *err)
{
	BD_FREE char *text = NULL, *path_copy = NULL;
	size_t size_bytes;

	if (bd_read_file(path, BD_CFG_LIMIT_BYTES, &text, &size_bytes, err) != 0)
		return -1;
	if (memchr(text, '\0', size_bytes))
		return bd_fail(err, EINVAL, "%s contains a NUL byte: not a text file", path);
	path_copy = strdup(path);
	if (!path_copy)
		return bd_no_memory(err);
	if (bd_cfg_check_syntax(text, err) != 0 || bd_cfg_parse(text, cfg_out, err) != 0)
		return bd_wrap(err, "%s", path);
	cfg_out->path = bd_take_ptr(path_copy);
	return 0;
}
