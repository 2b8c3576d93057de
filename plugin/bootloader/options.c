/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of options, and what each of them sets. */
#include "bootloader/options.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

#include "base/parse.h"

#define MIB (UINT64_C(1) << 20)

enum option_value {
	ARGUMENT = 1, /* one that is no option, as getopt_long(3) has it */
	KERNEL = 256,
	RAMDISK,
	ARGUMENTS,
	ENTRY,
	RUN_AS,
	OUTPUT,
	OUTPUT_FORMAT,
	OUTPUT_DIRECTORY,
	OFFSET,
	MENU,
	IS_CONFIG,
	JSON,
	UNPACK,
	MAX_FILE_SIZE,
	MAX_MEMORY,
	MAX_TIME,
};

static const struct {
	const char *name;
	int value; /* a letter, which is an option, too, or one of enum option_value */
	const char *argument; /* NULL: it takes none */
	const char *help;
} table[] = {
	{ "quiet", 'q', NULL, "no menu" },
	{ "interactive", 'i', NULL, "a menu, where there is a terminal (the default)" },
	{ "menu", MENU, "WHEN", "a menu: always, never, or watched, where the terminal says its size" },
	{ "list-entries", 'l', NULL, "print what the disk offers; write nothing" },
	{ "json", JSON, NULL, "with --list-entries: as JSON" },
	{ "not-really", 'n', NULL, "look for kernel and initrd, and copy nothing" },
	{ "entry", ENTRY, "ENTRY", "boot the entry of that title, or number, from 0 on; no menu" },
	{ "kernel", KERNEL, "PATH", "boot that kernel of the disk; its configuration is not looked at" },
	{ "ramdisk", RAMDISK, "PATH", "with --kernel: the initrd" },
	{ "args", ARGUMENTS, "TEXT", "with --kernel: its arguments; else, added to those of the entry" },
	{ "offset", OFFSET, "BYTES", "where the filesystem begins; partition tables are not looked at" },
	{ "isconfig", IS_CONFIG, NULL, "DISK is a file of boot configuration: print what it would boot" },
	{ "runas", RUN_AS, "USER", "read the disk as that user, or number of one" },
	{ "output", OUTPUT, "FILE", "write the answer there; - is standard output (the default)" },
	{ "output-format", OUTPUT_FORMAT, "FORMAT", "sxp (the default), simple or simple0" },
	{ "output-directory", OUTPUT_DIRECTORY, "DIR", "put kernel and initrd there (" BD_XLBOOT_DIRECTORY ")" },
	{ "unpack", UNPACK, "WHEN",
	  "unpack the kernel: auto, where this host's Xen cannot (the default), always, never" },
	{ "max-file-size", MAX_FILE_SIZE, "SIZE", "of a kernel or an initrd (128M)" },
	{ "max-memory", MAX_MEMORY, "SIZE", "of the process that reads the disk (128M)" },
	{ "max-time", MAX_TIME, "SECONDS", "of CPU time that it may take (10)" },
	{ "debug", 'd', NULL, "say what is looked at" },
	{ "help", 'h', NULL, "print this" },
	{ "version", 'V', NULL, "print the version" },
};

#define TABLE_COUNT (sizeof(table) / sizeof(*table))

/* --- values ------------------------------------------------------------------------------------------------------- */

static int set_format(const char *text, enum bd_answer_format *format_out, struct bd_error *err)
{
	if (bd_answer_format_find(text, format_out))
		return 0;
	return bd_usage(err, "--output-format must be one of sxp, simple, simple0");
}

static int set_unpacking(const char *text, enum bd_unpacking *unpacking_out, struct bd_error *err)
{
	static const char *const names[] = {
		[BD_UNPACKING_AS_NEEDED] = "auto", [BD_UNPACKING_ALWAYS] = "always", [BD_UNPACKING_NEVER] = "never"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*unpacking_out = (enum bd_unpacking)i;
			return 0;
		}
	}
	return bd_usage(err, "--unpack must be one of auto, always, never");
}

static int set_menu(const char *text, enum bd_xlboot_menu *menu_out, struct bd_error *err)
{
	static const char *const names[] = { [BD_XLBOOT_MENU_ALWAYS] = "always",
					     [BD_XLBOOT_MENU_WATCHED] = "watched",
					     [BD_XLBOOT_MENU_NEVER] = "never" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*menu_out = (enum bd_xlboot_menu)i;
			return 0;
		}
	}
	return bd_usage(err, "--menu must be one of always, watched, never");
}

static int set_seconds(const char *text, unsigned *seconds_out, struct bd_error *err)
{
	uint64_t value;

	if (bd_parse_uint(text, "--max-time", 1, 3600, &value, err) != 0)
		return -1;
	*seconds_out = (unsigned)value;
	return 0;
}

static int set_size(const char *text, const char *name, uint64_t *bytes_out, struct bd_error *err)
{
	uint64_t bytes;

	if (bd_parse_size(text, name, &bytes, err) != 0)
		return -1;
	if (bytes < 16 * MIB || bytes > 4096 * MIB)
		return bd_usage(err, "%s must be between 16M and 4G", name);
	*bytes_out = bytes;
	return 0;
}

static int set_offset(const char *text, struct bd_xlboot_options *options, struct bd_error *err)
{
	options->has_offset = true;
	return bd_parse_uint(text, "--offset", 0, INT64_MAX, &options->offset_bytes, err);
}

static int set_flag(int value, struct bd_xlboot_options *options)
{
	switch (value) {
	case 'q':
	case 'i':
		options->menu = value == 'i' ? BD_XLBOOT_MENU_ALWAYS : BD_XLBOOT_MENU_NEVER;
		break;
	case 'l':
		options->list_entries = true;
		break;
	case 'n':
		options->not_really = true;
		break;
	case 'd':
		options->debug = true;
		break;
	case 'h':
		options->help = true;
		break;
	case 'V':
		options->version = true;
		break;
	case IS_CONFIG:
		options->is_config = true;
		break;
	case JSON:
		options->json = true;
		break;
	}
	return 0;
}

static int set_option(int value, const char *text, struct bd_xlboot_options *options, struct bd_error *err)
{
	switch (value) {
	case KERNEL:
		options->kernel = text;
		return 0;
	case RAMDISK:
		options->ramdisk = text;
		return 0;
	case ARGUMENTS:
		options->arguments = text;
		return 0;
	case ENTRY:
		options->entry = text;
		options->menu = BD_XLBOOT_MENU_NEVER;
		return 0;
	case RUN_AS:
		options->run_as = text;
		return 0;
	case OUTPUT:
		options->output = strcmp(text, "-") == 0 ? NULL : text;
		return 0;
	case OUTPUT_DIRECTORY:
		options->output_directory = text;
		return 0;
	case OUTPUT_FORMAT:
		return set_format(text, &options->format, err);
	case MENU:
		return set_menu(text, &options->menu, err);
	case OFFSET:
		return set_offset(text, options, err);
	case UNPACK:
		return set_unpacking(text, &options->unpacking, err);
	case MAX_FILE_SIZE:
		return set_size(text, "--max-file-size", &options->file_bytes_max, err);
	case MAX_MEMORY:
		return set_size(text, "--max-memory", &options->memory_bytes_max, err);
	case MAX_TIME:
		return set_seconds(text, &options->seconds_max, err);
	default:
		return set_flag(value, options);
	}
}

/* --- the command line --------------------------------------------------------------------------------------------- */

static const char *name_of(int value)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (table[i].value == value)
			return table[i].name;
	return "";
}

/* How many options a word, which may be cut short, could mean. */
static size_t count_meant(const char *word)
{
	size_t size = strcspn(word, "="), count = 0;

	for (size_t i = 0; i < TABLE_COUNT; i++)
		count += strncmp(table[i].name, word, size) == 0;
	return count;
}

/* code: of getopt_long(3), ':' or '?'; word: the one that it was at. */
static int fail_option(int code, const char *word, struct bd_error *err)
{
	if (code == ':' && optopt && optopt < 256)
		return bd_usage(err, "-%c needs a value", optopt);
	if (code == ':')
		return bd_usage(err, "--%s needs a value", name_of(optopt));
	if (optopt && word && strncmp(word, "--", 2) == 0)
		return bd_usage(err, "--%s takes no value", name_of(optopt));
	if (optopt)
		return bd_usage(err, "there is no option -%c", optopt);
	if (!word)
		word = "--";
	if (count_meant(word + 2) > 1)
		return bd_usage(err, "%s could mean several options", word);
	return bd_usage(err, "there is no option %s", word);
}

static int set_disk(const char *text, struct bd_xlboot_options *options, struct bd_error *err)
{
	if (options->disk)
		return bd_usage(err, "only one disk can be given, not %s and %s", options->disk, text);
	options->disk = text;
	return 0;
}

/* "-" before the letters: words that are no options come in their place, whatever POSIXLY_CORRECT says. */
static const char letters[] = "-:qilndhV";

static void fill_long_options(struct option long_options[TABLE_COUNT + 1])
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		long_options[i] = (struct option){ table[i].name, table[i].argument ? required_argument : no_argument,
						   NULL, table[i].value };
	long_options[TABLE_COUNT] = (struct option){ NULL, 0, NULL, 0 };
}

static int parse_words(int argc, char **argv, struct bd_xlboot_options *options, struct bd_error *err)
{
	struct option long_options[TABLE_COUNT + 1];
	int value;

	fill_long_options(long_options);
	opterr = 0;
	optind = 0; /* glibc's way of beginning anew */
	while ((value = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		if (value == ':' || value == '?')
			return fail_option(value, optind > 0 ? argv[optind - 1] : NULL, err);
		if ((value == ARGUMENT ? set_disk(optarg, options, err) : set_option(value, optarg, options, err)) !=
		    0)
			return -1;
	}
	for (; optind < argc; optind++)
		if (set_disk(argv[optind], options, err) != 0)
			return -1;
	return 0;
}

int bd_xlboot_options_parse(int argc, char **argv, struct bd_xlboot_options *options_out, struct bd_error *err)
{
	struct bd_xlboot_options options = {
		.format = BD_ANSWER_SXP,
		.menu = BD_XLBOOT_MENU_ALWAYS,
		.file_bytes_max = 128 * MIB,
		.memory_bytes_max = 128 * MIB,
		.seconds_max = 10,
	};

	if (parse_words(argc, argv, &options, err) != 0)
		return -1;
	if (!options.help && !options.version && (!options.disk || !*options.disk))
		return bd_usage(err, "a disk is needed");
	if (!options.help && !options.version && options.json && !options.list_entries)
		return bd_usage(err, "--json needs --list-entries");
	*options_out = options;
	return 0;
}

void bd_xlboot_options_help(FILE *out)
{
	fputs("Usage: xen-bigdisk-boot [OPTION]... DISK\n"
	      "Finds the kernel, the initrd and the arguments that a disk boots by, for xl: bootloader = \"xen-bigdisk-boot\"\n\n",
	      out);
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		char left[64], letter[8] = "    ";
		if (table[i].value < 256)
			snprintf(letter, sizeof(letter), "-%c, ", table[i].value);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, table[i].name, table[i].argument ? "=" : "",
			 table[i].argument ? table[i].argument : "");
		fprintf(out, "  %-30s %s\n", left, table[i].help);
	}
}
