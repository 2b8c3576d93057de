/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `template rm` and `template export`. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "cli/template/template.h"
#include "template/export/tar.h"

struct rm_options {
	struct template_options common;
	bool yes;
};

static const struct bd_option rm_table[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	{ BD_OPTION_FLAG, "yes", NULL, "do not ask", offsetof(struct rm_options, yes) },
	TEMPLATE_OPTION_ROWS(struct rm_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int ask(const struct bd_store *store, const char *name, struct bd_error *err)
{
	char answer[16] = "";

	if (!isatty(STDIN_FILENO))
		return bd_usage(err, "not a terminal; use --yes to remove the template %s", name);
	bd_print(stderr, "Remove the template %s from %s? [y/N] ", name, store->path);
	if (!fgets(answer, sizeof(answer), stdin))
		fputc('\n', stderr);
	if (bd_cancel_check(err) != 0)
		return -1;
	if (answer[0] == 'y' || answer[0] == 'Y')
		return 0;
	return bd_canceled(err, "the template %s is left as it is", name);
}

static int run_rm(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	const struct rm_options *options = options_pointer;
	BD_DISPOSE(bd_json_free) struct bd_json *json = NULL;
	struct bd_store store;

	(void)argc;
	if (bd_store_open(options->common.templates, &store, err) != 0 || bd_store_check_lookup(argv[0], err) != 0 ||
	    (!options->yes && ask(&store, argv[0], err) != 0) || bd_store_remove(&store, argv[0], err) != 0)
		return -1;
	if (!options->common.json) {
		if (bd_log_level() >= BD_LOG_INFO)
			bd_print(stdout, "Template %s removed.\n", argv[0]);
		return 0;
	}
	json = bd_json_new();
	if (!json)
		return bd_no_memory(err);
	bd_json_open_object(json, NULL);
	bd_json_string(json, "state", "removed");
	bd_json_string(json, "name", argv[0]);
	bd_json_close_object(json);
	return bd_json_print(json, stdout, err);
}

const struct bd_command bd_command_template_rm = {
	.name = "template rm",
	.arguments = "NAME",
	.summary = "remove a template",
	.description =
		"Guests that were made from it, or are being made at this moment, are not touched. It asks first, and "
		"refuses where there is no terminal, unless --yes is given. --json prints an object with state and "
		"name.",
	.examples = "xen-bigdisk template rm debian-12 --yes\tremoves it without asking\n",
	.statuses = "4",
	.options = rm_table,
	.min_arguments = 1,
	.max_arguments = 1,
	.options_size = sizeof(struct rm_options),
	.run = run_rm,
};

struct export_options {
	struct template_options common;
	const char *compress;
};

static const struct bd_option export_table[] = {
	{ BD_OPTION_HEADING, "Options", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "compress", "KIND", "none, gzip, xz or zstd [by the end of FILE's name]",
	  offsetof(struct export_options, compress) },
	TEMPLATE_OPTION_ROWS(struct export_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static const struct {
	const char *suffix, *kind;
} suffixes[] = {
	{ ".tar", "none" }, { ".tar.gz", "gzip" },  { ".tgz", "gzip" },	 { ".tar.xz", "xz" },
	{ ".txz", "xz" },   { ".tar.zst", "zstd" }, { ".tzst", "zstd" },
};

static int choose_compression(const char *wanted, const char *file, const char **kind_out, struct bd_error *err)
{
	size_t length = strlen(file);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t suffix = strlen(suffixes[i].suffix);
		bool fits = wanted ? strcmp(wanted, suffixes[i].kind) == 0
				   : length > suffix && strcmp(file + length - suffix, suffixes[i].suffix) == 0;
		if (fits) {
			*kind_out = suffixes[i].kind;
			return 0;
		}
	}
	if (wanted)
		return bd_usage(err, "--compress: must be one of none, gzip, xz, zstd, not \"%.40s\"", wanted);
	*kind_out = "none";
	return 0;
}

static int export_to_stdout(const struct bd_stored *stored, const char *kind, struct bd_error *err)
{
	if (isatty(STDOUT_FILENO))
		return bd_usage(
			err,
			"refusing to write a tar archive to a terminal; give a file name, or redirect the output");
	bd_progress_stage("writing the tarball", stored->manifest.content_bytes);
	return bd_export_tar(&stored->sealed, STDOUT_FILENO, kind, err);
}

static int export_to_file(const struct bd_stored *stored, const char *kind, const char *path, struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;

	/* There may be secrets in it, as in a disk. */
	if (bd_atomic_file_open(path, 0600, &draft, err) != 0)
		return -1;
	bd_progress_stage("writing the tarball", stored->manifest.content_bytes);
	if (bd_export_tar(&stored->sealed, draft.fd, kind, err) != 0)
		return bd_wrap(err, "cannot write %s", path);
	if (bd_cancel_check(err) != 0 || bd_atomic_file_sync(&draft, err) != 0 ||
	    bd_atomic_file_publish(&draft, err) != 0)
		return -1;
	return bd_atomic_file_sync_folder(&draft, err);
}

static int report_export(const struct export_options *options, const char *name, const char *file, const char *kind,
			 struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = NULL;

	bd_progress_end(0);
	if (!options->common.json) {
		if (bd_log_level() >= BD_LOG_INFO)
			bd_print(stdout, "Template %s written to %s.\n", name, file);
		return 0;
	}
	json = bd_json_new();
	if (!json)
		return bd_no_memory(err);
	bd_json_open_object(json, NULL);
	bd_json_string(json, "state", "exported");
	bd_json_string(json, "name", name);
	bd_json_string(json, "file", file);
	bd_json_string(json, "compression", kind);
	bd_json_close_object(json);
	return bd_json_print(json, stdout, err);
}

static int run_export(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	const struct export_options *options = options_pointer;
	const char *name = argv[0], *file = argv[1], *kind = NULL;
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	bool to_stdout = strcmp(file, "-") == 0;
	struct bd_store store;

	(void)argc;
	bd_stored_init(&stored);
	if (to_stdout && options->common.json)
		return bd_usage(err, "--json cannot be used when the archive goes to stdout");
	if (choose_compression(options->compress, file, &kind, err) != 0 ||
	    bd_store_open(options->common.templates, &store, err) != 0 ||
	    bd_store_get(&store, name, &stored, err) != 0 || bd_stored_check(&stored, err) != 0)
		return -1;
	if (to_stdout)
		return export_to_stdout(&stored, kind, err);
	if (export_to_file(&stored, kind, file, err) != 0)
		return -1;
	return report_export(options, name, file, kind, err);
}

const struct bd_command bd_command_template_export = {
	.name = "template export",
	.arguments = "NAME FILE",
	.summary = "write a template as a tarball",
	.description =
		"Writes a tar archive in pax format with all that the template holds; importing it again gives the same template. "
		"FILE \"-\" is standard output. A file that exists is not replaced. --json prints an object with state, "
		"name, file and compression.",
	.examples = "xen-bigdisk template export debian-12 debian-12.tar.zst\tcompressed with zstd\n"
		    "xen-bigdisk template export debian-12 - | tar t\tlists what is in it\n",
	.statuses = "346",
	.options = export_table,
	.min_arguments = 2,
	.max_arguments = 2,
	.options_size = sizeof(struct export_options),
	.run = run_export,
};
