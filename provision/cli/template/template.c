/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `template`: the group of commands, and those that only read templates: list, show, verify. */
#include "cli/template/template.h"

#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "cli/table.h"
#include "cli/template/report.h"
#include "template/store_verify.h"

/* These take the common options only. */
struct look_options {
	struct template_options common;
};

static const struct bd_option option_table[] = {
	TEMPLATE_OPTION_ROWS(struct look_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static const struct bd_column columns[] = {
	{ .title = "NAME" },
	{ .title = "SIZE", .to_the_right = true, .rank = 1 },
	{ .title = "NETWORK", .rank = 4 },
	{ .title = "MADE", .rank = 2 },
	{ .title = "SYSTEM", .rank = 3 },
};

static int list_row(struct bd_table *table, const char *name, const struct bd_stored *sealed,
		    const struct bd_error *problem, struct bd_error *err)
{
	char size[32], made[11], text[BD_ERROR_MESSAGE_SIZE + 32];

	if (problem) {
		snprintf(text, sizeof(text), "cannot be used: %s", problem->message);
		return bd_table_add_text(table, &name, 1, text, err);
	}
	const struct bd_system *system = &sealed->manifest.system;
	bd_format_size(sealed->manifest.payload_bytes, size, sizeof(size));
	snprintf(made, sizeof(made), "%.10s", sealed->manifest.created);
	bool is_disk = sealed->manifest.kind == BD_TEMPLATE_DISK;
	const char *const cells[] = { name, size, is_disk ? "cloud-init" : bd_network_kind_name(system->network),
				      made, is_disk ? "a whole disk" : system->os_name };
	return bd_table_add(table, cells, err);
}

static void list_json(struct bd_json *json, const char *name, const struct bd_stored *sealed,
		      const struct bd_error *problem)
{
	bd_json_open_object(json, NULL);
	bd_json_string(json, "name", name);
	bd_json_error(json, "error", problem);
	if (!problem)
		template_put_json(json, sealed->path, &sealed->manifest);
	bd_json_close_object(json);
}

/* One that cannot be opened is listed with the reason: it exists, and needs attention. */
static int list_one(const struct bd_store *store, const char *name, struct bd_table *table, struct bd_json *json,
		    struct bd_error *err)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored sealed;
	struct bd_error problem = BD_ERROR_INIT;

	bd_stored_init(&sealed);
	int r = bd_store_get(store, name, &sealed, &problem);
	if (r != 0 && problem.kind == BD_KIND_NOT_FOUND)
		return 0; /* removed meanwhile */
	if (!json)
		return list_row(table, name, &sealed, r != 0 ? &problem : NULL, err);
	list_json(json, name, &sealed, r != 0 ? &problem : NULL);
	return 0;
}

static void tell_none(const struct bd_store *store)
{
	bd_info("no templates in %s%s%s; make one: xen-bigdisk template build debian-13", store->path,
		*store->fallback_path ? " and " : "", store->fallback_path);
}

static int run_list(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct look_options *options = options_pointer;
	BD_DISPOSE(bd_store_names_dispose) struct bd_store_names names = { 0 };
	BD_DISPOSE(bd_json_free) struct bd_json *json = options->common.json ? bd_json_new() : NULL;
	BD_DISPOSE(bd_table_dispose) struct bd_table table;
	struct bd_store store;

	(void)arguments;
	bd_table_init(&table, columns, sizeof(columns) / sizeof(*columns));
	if (bd_store_open(options->common.templates, &store, err) != 0 || bd_store_list(&store, &names, err) != 0)
		return -1;
	if (options->common.json && !json)
		return bd_no_memory(err);
	if (json) {
		bd_json_open_object(json, NULL);
		bd_json_open_array(json, "templates");
	}
	for (size_t i = 0; i < names.count; i++)
		if (list_one(&store, names.names[i], &table, json, err) != 0)
			return -1;
	if (!json && names.count)
		bd_table_print(&table, stdout);
	else if (!json)
		tell_none(&store);
	if (!json)
		return 0;
	bd_json_close_array(json);
	return bd_json_finish(json, err);
}

static int run_show(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct look_options *options = options_pointer;
	BD_DISPOSE(bd_stored_dispose) struct bd_stored sealed;
	struct bd_store store;

	bd_stored_init(&sealed);
	if (bd_template_is_built_in(arguments[0]))
		return template_show_built_in(arguments[0], options->common.json, err);
	if (bd_store_open(options->common.templates, &store, err) != 0 ||
	    bd_store_get(&store, arguments[0], &sealed, err) != 0)
		return -1;
	if (!options->common.json) {
		template_print(sealed.path, &sealed.manifest);
		return 0;
	}
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	template_put_json(json, sealed.path, &sealed.manifest);
	return bd_json_finish(json, err);
}

static int run_verify(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct look_options *options = options_pointer;
	struct bd_manifest manifest;
	struct bd_store store;
	char path[PATH_MAX];

	if (bd_store_open(options->common.templates, &store, err) != 0 ||
	    bd_store_verify(&store, arguments[0], path, &manifest, err) != 0)
		return -1;
	if (!*manifest.blake2b)
		bd_warn("the manifest.json of this template, made by an older xen-bigdisk, has no checksum and "
			"was not verified. To add one: template export, then import");
	return template_report(options->common.json, path, &manifest, "whole", err);
}

const struct bd_command bd_command_template_list = {
	.name = "template list",
	.arguments = "",
	.summary = "list templates",
	.description =
		"Lists the templates in the template directory and, for users other than root, root's as well. "
		"--json prints an object with the array templates: name, error (null, or why it cannot be used), "
		"path, manifest.",
	.examples = "xen-bigdisk template list\tall templates\n",
	.options = option_table,
	.options_size = sizeof(struct look_options),
	.run = run_list,
};

const struct bd_command bd_command_template_show = {
	.name = "template show",
	.arguments = "NAME",
	.summary = "show where a template came from and what is in it",
	.description =
		"Prints where a template came from, its size, the system found in it, and what that lacks for booting and "
		"being reached, as import warned of it (in --json, the ids in lacks); for mini and none, which "
		"are built in, what would be built here and now. --json prints an object with path and manifest, "
		"which " BD_DATADIR
		"/manifest.schema.json describes; for mini and none these are null, and the object built_in has "
		"name, description, kernel, initramfs, host_kernel (the path of the kernel on this machine; null if "
		"there is none yet) and network.",
	.examples = "xen-bigdisk template show debian-12 --json\twith checksums\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct look_options),
	.run = run_show,
};

const struct bd_command bd_command_template_verify = {
	.name = "template verify",
	.arguments = "NAME",
	.summary = "verify every byte of a template",
	.description =
		"Recomputes the checksums (BLAKE2b-256) of manifest, index and content, and checks every record of "
		"the index. Manifest and index are verified whenever a template is used; content of more than 4 MiB "
		"only here, as it takes a second per gigabyte. --json prints an object with state (\"whole\"), path "
		"and manifest; a damaged template is an error.",
	.examples = "xen-bigdisk template verify debian-12\tverify it\n",
	.statuses = "4",
	.options = option_table,
	.options_size = sizeof(struct look_options),
	.run = run_verify,
};

static const struct bd_command *const commands[] = {
	&bd_command_template_import, &bd_command_template_build,
	&bd_command_template_list,   &bd_command_template_show,
	&bd_command_template_verify, &bd_command_template_rm,
	&bd_command_template_export, NULL,
};

const struct bd_command bd_command_template = {
	.name = "template",
	.arguments = "COMMAND",
	.summary = "import, build, list, check and remove templates",
	.description =
		"A template is a root filesystem stored so that guests can be filled from it quickly: xen-bigdisk "
		"new NAME --template TEMPLATE.",
	.examples = "xen-bigdisk template build debian-12\tbuild one from the packages of Debian 12\n"
		    "xen-bigdisk template import web root.tar\tcreate one from a tar archive\n",
	.commands = commands,
};
