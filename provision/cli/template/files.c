/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `template rm` and `template export`. */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/ask.h"
#include "cli/template/template.h"
#include "ops/template/export.h"
#include "ops/template/remove.h"
#include "template/store_verify.h"

struct rm_options {
	struct template_options common;
	bool yes, dry_run;
};

static const struct bd_option rm_table[] = {
	{ BD_OPTION_FLAG, "yes", NULL, "do not ask for confirmation", offsetof(struct rm_options, yes) },
	{ BD_OPTION_FLAG, "dry-run", NULL, "only print what would be removed", offsetof(struct rm_options, dry_run) },
	TEMPLATE_OPTION_ROWS(struct rm_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int report_removed(const struct rm_options *options, const char *name, const char *path, struct bd_error *err)
{
	if (!options->common.json) {
		if (bd_log_level() >= BD_LOG_INFO && options->dry_run)
			bd_print(stdout, "Template %s would be removed: %s\n", name, path);
		else if (bd_log_level() >= BD_LOG_INFO)
			bd_print(stdout, "Template %s removed.\n", name);
		return 0;
	}
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	bd_json_string(json, "state", options->dry_run ? "planned" : "removed");
	bd_json_string(json, "name", name);
	bd_json_string(json, "path", path);
	return bd_json_finish(json, err);
}

static int run_rm(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct rm_options *options = options_pointer;
	char path[PATH_MAX], question[PATH_MAX + BD_TEMPLATE_NAME_SIZE + 32];
	struct bd_store store;

	if (bd_store_open(options->common.templates, &store, err) != 0 ||
	    bd_store_check_remove(&store, arguments[0], path, err) != 0)
		return -1;
	snprintf(question, sizeof(question), "Remove the template %s from %s?", arguments[0], store.path);
	if (!options->dry_run &&
	    (bd_ask(question, options->yes, err) != 0 || bd_template_remove(&store, arguments[0], err) != 0))
		return -1;
	return report_removed(options, arguments[0], path, err);
}

const struct bd_command bd_command_template_rm = {
	.name = "template rm",
	.arguments = "NAME",
	.summary = "remove a template",
	.description =
		"Guests made from the template, or being made at the moment, are not affected. It asks for "
		"confirmation unless --yes is given; without a terminal, --yes is required. --json prints an object "
		"with state (\"removed\"; \"planned\" with --dry-run), name and path.",
	.examples = "xen-bigdisk template rm debian-12 --yes\tremove it without asking\n"
		    "xen-bigdisk template rm debian-12 --dry-run\tprint what would be removed\n",
	.statuses = "4",
	.options = rm_table,
	.options_size = sizeof(struct rm_options),
	.run = run_rm,
};

struct export_options {
	struct template_options common;
	const char *compress;
	bool dry_run;
};

static const struct bd_option export_table[] = {
	{ BD_OPTION_TEXT, "compress", "KIND", "compression: none, gzip, xz or zstd [from the suffix of FILE]",
	  offsetof(struct export_options, compress) },
	{ BD_OPTION_FLAG, "dry-run", NULL, "only print what would be written",
	  offsetof(struct export_options, dry_run) },
	TEMPLATE_OPTION_ROWS(struct export_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int report_export(const struct export_options *options, const char *name, const char *file, const char *kind,
			 struct bd_error *err)
{
	bd_progress_end(0);
	if (!options->common.json) {
		if (bd_log_level() >= BD_LOG_INFO && options->dry_run)
			bd_print(stdout, "Template %s would be written to %s (compression: %s)\n", name, file, kind);
		else if (bd_log_level() >= BD_LOG_INFO)
			bd_print(stdout, "Template %s written to %s.\n", name, file);
		return 0;
	}
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	bd_json_string(json, "state", options->dry_run ? "planned" : "exported");
	bd_json_string(json, "name", name);
	bd_json_string(json, "file", file);
	bd_json_string(json, "compression", kind);
	return bd_json_finish(json, err);
}

static int run_export(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct export_options *options = options_pointer;
	const char *name = arguments[0], *file = arguments[1], *kind = NULL;
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	bool to_stdout = strcmp(file, "-") == 0;
	struct bd_store store;

	bd_stored_init(&stored);
	if (to_stdout && options->common.json)
		return bd_usage(err, "--json cannot be used when the archive goes to stdout");
	if (bd_template_export_compression(options->compress, file, &kind, err) != 0)
		return bd_wrap(err, "--compress");
	if (to_stdout && !options->dry_run && isatty(STDOUT_FILENO))
		return bd_usage(
			err,
			"refusing to write a tar archive to a terminal; give a file name, or redirect the output");
	if (bd_store_open(options->common.templates, &store, err) != 0 ||
	    bd_store_get(&store, name, &stored, err) != 0 || bd_stored_check(&stored, err) != 0 ||
	    bd_template_export_check_form(&stored, kind, file, err) != 0)
		return -1;
	if (to_stdout && !options->dry_run)
		return bd_template_export_to_fd(&stored, kind, STDOUT_FILENO, err);
	int r = to_stdout	   ? 0
		: options->dry_run ? bd_template_export_check(file, err)
				   : bd_template_export_to_file(&stored, kind, file, err);
	return r == 0 ? report_export(options, name, to_stdout ? "standard output" : file, kind, err) : -1;
}

const struct bd_command bd_command_template_export = {
	.name = "template export",
	.arguments = "NAME FILE",
	.summary = "write a template to a tar archive",
	.description =
		"Writes everything in the template to a tar archive in pax format; importing that gives the same "
		"template. A template of a whole disk is written as a raw disk image (FILE.img), sparse where FILE is a file. FILE \"-\" is standard output. An existing file is not replaced. --json prints an object "
		"with state (\"exported\"; \"planned\" with --dry-run), name, file and compression.",
	.examples = "xen-bigdisk template export debian-12 debian-12.tar.zst\tcompressed with zstd\n"
		    "xen-bigdisk template export debian-12 - | tar t\tlist what is in it\n",
	.statuses = "346",
	.options = export_table,
	.options_size = sizeof(struct export_options),
	.run = run_export,
};
