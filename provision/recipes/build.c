/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts a recipe to a command line of mmdebstrap, whose tar archive goes straight to the writer of the template.

 */
#include "recipes/build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/json_tree.h"
#include "base/log.h"
#include "base/process/run.h"
#include "base/progress.h"
#include "import/archive/source_archive.h"
#include "recipes/build_sources.h"
#include "recipes/embedded.h"
#include "template/manifest.h"
#include "template/store.h"

#define RECIPE_LIMIT_BYTES (1u << 20)
#define LOG_LINES 12

void bd_build_dispose(struct bd_build *build)
{
	bd_json_tree_dispose(&build->recipe);
	bd_words_dispose(&build->argv);
}

static int read_recipe(const char *recipe, struct bd_build *build, struct bd_error *err)
{
	char name[BD_TEMPLATE_NAME_SIZE + sizeof(".json")];
	BD_FREE char *file = NULL;
	size_t length = strlen(recipe), size = 0;
	const char *text;

	if (strchr(recipe, '/') || (length > 5 && strcmp(recipe + length - 5, ".json") == 0)) {
		if (bd_read_file(recipe, RECIPE_LIMIT_BYTES, &file, &size, err) != 0)
			return err->code == ENOENT ? bd_not_found(err, "%s", err->message) : -1;
		text = file;
	} else {
		snprintf(name, sizeof(name), "%s.json", recipe);
		text = bd_embedded_text(name);
		size = text ? strlen(text) : 0;
	}
	if (strcmp(recipe, BD_TEMPLATE_MINI) == 0)
		return bd_usage(err, "the template mini is built in; there is nothing to build");
	if (!text)
		return bd_not_found(
			err,
			"there is no recipe called '%.80s'; there are debian-12 and debian-13, or give the path "
			"of a file",
			recipe);
	if (bd_json_parse(text, size, recipe, &build->recipe, err) != 0)
		return bd_wrap(err, "cannot read the recipe");
	if (build->recipe.root->type != BD_JSON_OBJECT)
		return bd_json_fail(&build->recipe, build->recipe.root, err, "a recipe is an object, not %s",
				    bd_json_type_name(build->recipe.root->type));
	return 0;
}

/* Of the type that check_keys wants. NULL: the recipe has no such member. */
static const struct bd_json_node *get(const struct bd_build *build, const char *key)
{
	return bd_json_member(build->recipe.root, key);
}

const char *bd_build_text(const struct bd_build *build, const char *key)
{
	return bd_json_text(get(build, key));
}

static size_t count_of(const struct bd_json_node *list)
{
	return list ? list->child_count : 0;
}

/* A misspelt key would be passed over in silence. */
static int check_keys(const struct bd_build *build, struct bd_error *err)
{
	static const struct {
		const char *name;
		enum bd_json_type type;
	} known[] = { { "name", BD_JSON_STRING },    { "description", BD_JSON_STRING },
		      { "suite", BD_JSON_STRING },   { "network", BD_JSON_STRING },
		      { "packages", BD_JSON_ARRAY }, { "mmdebstrap_options", BD_JSON_ARRAY },
		      { "files", BD_JSON_OBJECT },   { "symlinks", BD_JSON_OBJECT },
		      { "remove", BD_JSON_ARRAY } };
	const struct bd_json_tree *recipe = &build->recipe;

	for (size_t i = 0; i < recipe->root->child_count; i++) {
		const struct bd_json_node *member = &recipe->root->children[i];
		size_t k = 0;
		while (k < sizeof(known) / sizeof(*known) && strcmp(known[k].name, member->key) != 0)
			k++;
		if (k == sizeof(known) / sizeof(*known))
			return bd_json_fail_key(recipe, member, err, "\"%.60s\" is unknown in a recipe", member->key);
		if (member->type != known[k].type)
			return bd_json_fail(recipe, member, err, "\"%s\" is %s, where %s is needed", member->key,
					    bd_json_type_name(member->type), bd_json_type_name(known[k].type));
	}
	if (!bd_build_text(build, "suite"))
		return bd_json_fail(recipe, recipe->root, err,
				    "\"suite\" is missing: the release of Debian, such as \"suite\": \"bookworm\"");
	return 0;
}

static int add_packages(struct bd_build *build, struct bd_error *err)
{
	const struct bd_json_node *packages = get(build, "packages");
	char include[8192] = "--include=";

	for (size_t i = 0; i < count_of(packages); i++) {
		const char *package = bd_json_text(&packages->children[i]);
		size_t used = strlen(include);
		if (!package || !*package)
			return bd_json_fail(&build->recipe, &packages->children[i], err,
					    "a package's name is a string that is not empty");
		if ((size_t)snprintf(include + used, sizeof(include) - used, "%s%s", i ? "," : "", package) >=
		    sizeof(include) - used)
			return bd_json_fail(&build->recipe, packages, err, "there are too many packages");
	}
	return count_of(packages) ? bd_words_add(&build->argv, include, err) : 0;
}

static int make_argv(struct bd_build *build, struct bd_error *err)
{
	const struct bd_json_node *options = get(build, "mmdebstrap_options");
	const char *suite = bd_build_text(build, "suite");

	if (bd_words_add(&build->argv, "mmdebstrap", err) != 0 ||
	    bd_words_add(&build->argv, "--format=tar", err) != 0 || add_packages(build, err) != 0)
		return -1;
	for (size_t i = 0; i < count_of(options); i++) {
		const char *option = bd_json_text(&options->children[i]);
		if (!option || option[0] != '-')
			return bd_json_fail(&build->recipe, &options->children[i], err,
					    "an option of mmdebstrap is a string that begins with a dash");
		if (bd_words_add(&build->argv, option, err) != 0)
			return -1;
	}
	if (bd_words_add(&build->argv, suite, err) != 0 || bd_words_add(&build->argv, "-", err) != 0)
		return -1;
	return bd_build_add_sources(&build->argv, suite, err);
}

/* Where an entry's parent is a symlink, or its path is of the wrong form, the writer says so. */
static const char *inside(const char *path)
{
	return path + strspn(path, "/");
}

static int64_t build_time(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	return epoch && *epoch ? (int64_t)strtoll(epoch, NULL, 10) : (int64_t)time(NULL);
}

static int add_file(const struct bd_build *build, struct bd_sealed_writer *writer, const struct bd_json_node *value,
		    struct bd_error *err)
{
	const char *mode_text = NULL, *content = NULL, *path = value->key;
	char *end;

	if (value->type == BD_JSON_ARRAY && value->child_count == 2) {
		mode_text = bd_json_text(&value->children[0]);
		content = bd_json_text(&value->children[1]);
	}
	unsigned long mode = mode_text ? strtoul(mode_text, &end, 8) : 0;
	if (!mode_text || !content || !*mode_text || *end || mode > 07777)
		return bd_json_fail(&build->recipe, value, err, "the file %s is not [\"MODE\", \"TEXT\"]", path);
	struct bd_file_meta meta = { .mode = S_IFREG | (mode_t)mode,
				     .size_bytes = strlen(content),
				     .mtime_s = build_time(),
				     .atime_s = build_time() };
	if (bd_sealed_writer_add(writer, inside(path), &meta, err) != 0 ||
	    bd_sealed_writer_data(writer, 0, content, strlen(content), err) != 0)
		return bd_wrap(err, "the recipe's %s", path);
	return 0;
}

static int add_symlink(const struct bd_build *build, struct bd_sealed_writer *writer,
		       const struct bd_json_node *value, struct bd_error *err)
{
	const char *path = value->key;
	struct bd_file_meta meta = { .mode = S_IFLNK | 0777,
				     .target = bd_json_text(value),
				     .mtime_s = build_time(),
				     .atime_s = build_time() };

	if (!meta.target)
		return bd_json_fail(&build->recipe, value, err, "the symlink %s has no target", path);
	if (bd_sealed_writer_add(writer, inside(path), &meta, err) != 0)
		return bd_wrap(err, "the recipe's %s", path);
	return 0;
}

/* What the recipe changes in the finished system. */
static int change(const struct bd_build *build, struct bd_sealed_writer *writer, struct bd_error *err)
{
	const struct bd_json_node *gone = get(build, "remove"), *files = get(build, "files");
	const struct bd_json_node *symlinks = get(build, "symlinks");

	bd_sealed_writer_allow_replacing(writer);
	for (size_t i = 0; i < count_of(gone); i++) {
		const char *path = bd_json_text(&gone->children[i]);
		if (!path || !*inside(path))
			return bd_json_fail(&build->recipe, &gone->children[i], err,
					    "what is to be removed is no path");
		if (bd_sealed_writer_remove(writer, inside(path), path[strlen(path) - 1] == '/', err) != 0)
			return bd_wrap(err, "the recipe's %s", path);
	}
	for (size_t i = 0; i < count_of(files); i++)
		if (add_file(build, writer, &files->children[i], err) != 0)
			return -1;
	for (size_t i = 0; i < count_of(symlinks); i++)
		if (add_symlink(build, writer, &symlinks->children[i], err) != 0)
			return -1;
	return 0;
}

static void show_log(const struct bd_child *child)
{
	BD_FREE char *log = bd_child_log_tail(child, LOG_LINES);
	char *rest = NULL;

	for (char *line = log ? strtok_r(log, "\r\n", &rest) : NULL; line; line = strtok_r(NULL, "\r\n", &rest))
		bd_log(BD_LOG_WARNING, "mmdebstrap: %s", line);
}

static int tick(void *context, struct bd_error *err)
{
	(void)context;
	(void)err;
	bd_progress_update(0);
	return 0;
}

int bd_build_fill(void *context, struct bd_sealed_writer *writer, struct bd_error *err)
{
	struct bd_build *build = context;
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	struct bd_error failure = BD_ERROR_INIT;

	bd_progress_stage("installing packages with mmdebstrap", 0);
	if (bd_child_start(build->argv.words, &child, err) != 0 || bd_child_wait_output(&child, tick, NULL, err) != 0)
		return -1;
	bd_progress_stage("reading what it made", 0);
	int r = bd_source_archive(child.output_fd, "mmdebstrap's tarball", false, NULL, writer, err);
	if (r != 0 && err->kind == BD_KIND_CANCELED)
		return -1;
	/* Where mmdebstrap failed, that is the reason, and not that its tarball ends early. */
	if (bd_child_finish(&child, &failure) != 0) {
		*err = failure;
		if (err->kind != BD_KIND_CANCELED) {
			bd_progress_end(1);
			show_log(&child);
		}
		return -1;
	}
	return r == 0 ? change(build, writer, err) : -1;
}

int bd_build_open(const char *recipe, struct bd_build *build_out, struct bd_error *err)
{
	BD_DISPOSE(bd_build_dispose) struct bd_build build = { .recipe = { .root = NULL } };

	if (read_recipe(recipe, &build, err) != 0 || check_keys(&build, err) != 0)
		return -1;
	*build_out = build;
	build = (struct bd_build){ .recipe = { .root = NULL } };
	return 0;
}

int bd_build_prepare(struct bd_build *build, struct bd_error *err)
{
	char program[PATH_MAX];

	if (bd_find_program("mmdebstrap", program, sizeof(program), err) != 0)
		return bd_fail(err, ENOPKG, "mmdebstrap is not installed (Debian: apt-get install mmdebstrap)");
	return make_argv(build, err);
}
