/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generates the completion scripts of bash and zsh: a function with the tables of commands and options, followed by
 * the code that uses it, which is in files in completion/. */
#include "cli/completion.h"

#include <string.h>

#include "base/embed.h"
#include "cli/help.h"
#include "cli/set_keys.h"

BD_EMBED(completion_common, "provision/cli/completion/common.bash");
BD_EMBED(completion_bash, "provision/cli/completion/completion.bash");
BD_EMBED(completion_zsh, "provision/cli/completion/completion.zsh");

/* What the scripts are told about the value of an option, which may be one command's, or of a key of `set`: a kind that they
 * know (FILE, DIR, DEVICE, BRIDGE, TEMPLATE, GUEST, CFG, with bars between them), or words to choose from, in small letters. */
static const struct {
	const char *option, *kind;
} option_kinds[] = {
	{ "template", "mini|none|TEMPLATE" },
	{ "bridge", "BRIDGE" },
	{ "layout", "aligned|cylinder" },
	{ "fs", "ext3|ext4" },
	{ "boot-sector", "grub2|grub-legacy|none" },
	{ "find type", "file|directory|symlink|block|char|fifo|socket" },
	{ "type", "pv|pvh|hvm" },
	{ "boot", "pygrub|bigdisk|pvgrub|direct|uefi" },
	{ "format", "known_hosts|ansible|hosts" },
	{ "compress", "none|gzip|xz|zstd" },
	{ "network", "none|ifupdown|networkd|networkmanager|netplan" },
	{ "for", "ready|kernel|gone" },
	{ "ip", "dhcp" },
	{ "ip6", "auto|dhcp|none" },
};

/* Words of the tables that say themselves what they are; all others are for the person to know. */
static const struct {
	const char *word, *kind;
} word_kinds[] = {
	{ "FILE", "FILE" },
	{ "SCRIPT", "FILE" },
	{ "SOURCE", "FILE" },
	{ "HOST:GUEST", "FILE" },
	{ "DIR", "DIR" },
	{ "DEVICE", "DEVICE" },
	{ "TARGET", "FILE" }, /* or a device, which is a file there */
	{ "RECIPE", "debian-12|debian-13|FILE" },
	{ "NAME|CFG", "GUEST|CFG" },
	{ "NAME|CFG|IMAGE", "GUEST|FILE" },
	{ "GUEST", "GUEST|CFG" },
	{ "GUEST:/PATH|IMAGE:/PATH", "GUEST|FILE" },
	{ "GUEST|IMAGE", "GUEST|FILE" },
	{ "NAME|PATTERN", "GUEST" },
	{ "PATTERN", "GUEST" },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A NAME is a guest's, or a template's; or of something that is not there yet. */
static const char *kind_of_name(const char *command)
{
	if (strcmp(command, "new") == 0 || strcmp(command, "template import") == 0 ||
	    strcmp(command, "template build") == 0)
		return "";
	if (strcmp(command, "template show") == 0)
		return "mini|none|TEMPLATE";
	return strncmp(command, "template ", 9) == 0 ? "TEMPLATE" : "GUEST";
}

static const char *kind_of_word(const char *command, const char *word, size_t length)
{
	if (length == 4 && strncmp(word, "NAME", 4) == 0)
		return kind_of_name(command);
	for (size_t i = 0; i < COUNT(word_kinds); i++)
		if (strlen(word_kinds[i].word) == length && strncmp(word_kinds[i].word, word, length) == 0)
			return word_kinds[i].kind;
	return "";
}

static const char *find_kind(const char *option)
{
	for (size_t i = 0; i < COUNT(option_kinds); i++)
		if (strcmp(option, option_kinds[i].option) == 0)
			return option_kinds[i].kind;
	return NULL;
}

static const char *kind_of_option(const char *command, const struct bd_option *option)
{
	const char *word = option->argument;
	char own[80];

	snprintf(own, sizeof(own), "%s %s", command, option->name);
	const char *kind = find_kind(own);
	if (!kind)
		kind = find_kind(option->name);
	if (kind)
		return kind;
	return strcmp(word, "NAME") == 0 ? "" : kind_of_word(command, word, strlen(word));
}

static bool is_optional(const struct bd_option *option)
{
	return option->argument && option->argument[0] == '[';
}

/* "--name:what it is" for zsh, which shows both. */
static void put_choice(FILE *out, bool zsh, const char *dashes, const char *name, const char *end, const char *help)
{
	if (!zsh) {
		fprintf(out, " %s%s%s", dashes, name, end);
		return;
	}
	fprintf(out, " '%s%s%s:", dashes, name, end);
	for (; *help; help++) {
		if (*help == '\'')
			fputs("'\\'", out);
		if (*help == '\\')
			fputc('\\', out);
		fputc(*help == '\n' ? ' ' : *help, out);
	}
	fputc('\'', out);
}

static void put_options(FILE *out, bool zsh, const struct bd_option *options)
{
	for (; options->name; options++) {
		if (!bd_option_is_shown(options))
			continue;
		put_choice(out, zsh, "--", options->name, "", options->help);
		if (is_optional(options))
			put_choice(out, zsh, "--", options->name, "=", options->help);
	}
}

/* KEY=VALUE: what `set` takes. */
#define PAIR "KEY=VALUE"

static bool takes_pairs(const struct bd_command *command)
{
	return strstr(command->arguments, PAIR);
}

static void put_values(FILE *out, const struct bd_command *command)
{
	const struct bd_option *options = command->options;

	fputs("\t\tcase \"$2\" in\n", out);
	for (const struct set_key *key = set_keys; takes_pairs(command) && key->name; key++) {
		const char *kind = find_kind(key->name);
		fprintf(out, "\t\t%s) xb_value='-%s' ;;\n", key->name, kind ? kind : "");
	}
	for (; options->name; options++) {
		if (!bd_option_is_shown(options) || !options->argument)
			continue;
		char letter = bd_option_letter(options);
		fprintf(out, "\t\t--%s", options->name);
		if (letter)
			fprintf(out, " | -%c", letter);
		/* An optional value is given behind an equals sign only. */
		fprintf(out, ") xb_value='%s%s' ;;\n", is_optional(options) ? "=" : "-",
			kind_of_option(command->name, options));
	}
	fputs("\t\tesac\n", out);
}

static void put_keys(FILE *out)
{
	for (const struct set_key *key = set_keys; key->name; key++)
		fprintf(out, "%s%s=", key == set_keys ? "" : "|", key->name);
}

/* "NAME|CFG... [NEW]" becomes a kind for each argument; "-" for those that cannot be completed, "+" behind the last when
 * it can come again. */
static void put_arguments(FILE *out, const struct bd_command *command)
{
	const char *word = command->arguments, *blank = "";

	fputs("\t\txb_arguments=(", out);
	while (*word) {
		size_t length = strcspn(word, " "), begin = word[0] == '[', end = length;
		bool again = length > 3 && strncmp(word + length - 3, "...", 3) == 0;
		if (again)
			end -= 3;
		if (begin && word[end - 1] == ']')
			end--;
		const char *kind = kind_of_word(command->name, word + begin, end - begin);
		/* "on|off" is what to choose from. */
		if (end - begin == strlen(PAIR) && strncmp(word + begin, PAIR, strlen(PAIR)) == 0) {
			fprintf(out, "%s'", blank);
			put_keys(out);
			fputs("+'", out);
		} else if (!*kind && memchr(word, '|', end) && word[begin] >= 'a')
			fprintf(out, "%s'%.*s'", blank, (int)(end - begin), word + begin);
		else
			fprintf(out, "%s'%s%s'", blank, *kind ? kind : "-", again ? "+" : "");
		blank = " ";
		word += length;
		word += strspn(word, " ");
	}
	fputs(")\n", out);
}

static void put_command_list(FILE *out, bool zsh, const struct bd_command *const *commands)
{
	for (; *commands; commands++)
		put_choice(out, zsh, "", bd_command_last_word((*commands)->name), "", (*commands)->summary);
}

static void put_help(FILE *out, bool zsh)
{
	put_choice(out, zsh, "", "help", "", "print the help of a command");
}

static void put_command(FILE *out, bool zsh, const struct bd_command *command)
{
	fprintf(out, "\t'%s')\n", command->name);
	if (command->commands) {
		fputs("\t\txb_commands=(", out);
		put_command_list(out, zsh, command->commands);
		put_help(out, zsh);
		fputs(" )\n\t\txb_options=( --help )\n\t\t;;\n", out);
		for (size_t i = 0; command->commands[i]; i++)
			put_command(out, zsh, command->commands[i]);
		return;
	}
	fputs("\t\txb_options=(", out);
	put_options(out, zsh, command->options);
	put_options(out, zsh, bd_common_options);
	fputs(" )\n", out);
	put_arguments(out, command);
	put_values(out, command);
	fputs("\t\t;;\n", out);
}

static void put_top(FILE *out, bool zsh)
{
	fputs("\t'')\n\t\txb_commands=(", out);
	put_command_list(out, zsh, bd_commands);
	put_help(out, zsh);
	put_choice(out, zsh, "", "version", "", "print the version");
	fputs(" )\n\t\txb_options=(", out);
	put_choice(out, zsh, "--", "help", "", "print the list of commands");
	put_choice(out, zsh, "--", "version", "", "print the version");
	fputs(" )\n\t\t;;\n", out);
}

/* Sets xb_options, xb_commands, xb_arguments and, for the option in $2, xb_value; the caller has them as its own. */
static void put_table(FILE *out, bool zsh)
{
	fputs("# $1: the command so far, $2: an option of it\n"
	      "_xen_bigdisk_table()\n{\n"
	      "\txb_options=() xb_commands=() xb_arguments=() xb_value=''\n"
	      "\tcase \"$1\" in\n",
	      out);
	put_top(out, zsh);
	for (const struct bd_command *const *command = bd_commands; *command; command++)
		put_command(out, zsh, *command);
	fputs("\tesac\n}\n\n", out);
}

int bd_completion(const char *shell, FILE *out, struct bd_error *err)
{
	bool zsh = strcmp(shell, "zsh") == 0;

	if (!zsh && strcmp(shell, "bash") != 0)
		return bd_usage(err, "--completion: must be bash or zsh, not \"%s\"", shell);
	fprintf(out, "%s# Completion of xen-bigdisk for %s, printed by: xen-bigdisk --completion %s\n\n",
		zsh ? "#compdef xen-bigdisk\n" : "", shell, shell);
	fputs("_xen_bigdisk_configs='" BD_SYSCONFDIR "/xen'\n"
	      "_xen_bigdisk_templates='" BD_LOCALSTATEDIR "/lib/xen-bigdisk/templates'\n\n",
	      out);
	put_table(out, zsh);
	fputs(bd_embedded_completion_common, out);
	fputs(zsh ? bd_embedded_completion_zsh : bd_embedded_completion_bash, out);
	return 0;
}
