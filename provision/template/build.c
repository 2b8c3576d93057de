/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recipe becomes a command line of mmdebstrap; its tarball goes straight into the seal. */
#include "template/build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <yajl/yajl_tree.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/run.h"
#include "template/build_sources.h"
#include "template/embedded.h"
#include "template/sources.h"
#include "template/store.h"

#define RECIPE_LIMIT_BYTES (1u << 20)
#define LOG_LINES 12

struct build {
	const char *what; /* the recipe, for messages */
	yajl_val recipe;
	struct bd_words argv;
};

static void build_dispose(struct build *build)
{
	yajl_tree_free(build->recipe);
	bd_words_dispose(&build->argv);
}

static int read_recipe(const char *recipe, struct build *build, struct bd_error *err)
{
	char name[BD_TEMPLATE_NAME_SIZE + sizeof(".json")], problem[512];
	BD_FREE char *file = NULL;
	size_t length = strlen(recipe);
	const char *text;

	if (strchr(recipe, '/') || (length > 5 && strcmp(recipe + length - 5, ".json") == 0)) {
		if (bd_read_file(recipe, RECIPE_LIMIT_BYTES, &file, NULL, err) != 0)
			return -1;
		text = file;
	} else {
		snprintf(name, sizeof(name), "%s.json", recipe);
		text = bd_embedded_text(name);
	}
	if (strcmp(recipe, BD_TEMPLATE_MINI) == 0)
		return bd_usage(err, "the template mini is built afresh on each use; there is nothing to build");
	if (!text)
		return bd_fail(
			err, ENOENT,
			"there is no recipe called '%.80s'; there are debian-12 and debian-13, or give the path "
			"of a file",
			recipe);
	build->what = recipe;
	build->recipe = yajl_tree_parse(text, problem, sizeof(problem));
	problem[strcspn(problem, "\n")] = '\0';
	if (!YAJL_IS_OBJECT(build->recipe))
		return bd_fail(err, EINVAL, "the recipe %s is no JSON object%s%s", recipe, build->recipe ? "" : ": ",
			       build->recipe ? "" : problem);
	return 0;
}

static yajl_val get(const struct build *build, const char *key, yajl_type type)
{
	const char *path[] = { key, NULL };

	return yajl_tree_get(build->recipe, path, type);
}

static const char *get_text(const struct build *build, const char *key)
{
	yajl_val value = get(build, key, yajl_t_string);

	return YAJL_GET_STRING(value);
}

/* A misspelt key would be passed over in silence. */
static int check_keys(const struct build *build, struct bd_error *err)
{
	static const struct {
		const char *name;
		yajl_type type;
	} known[] = { { "name", yajl_t_string },    { "description", yajl_t_string },
		      { "suite", yajl_t_string },   { "network", yajl_t_string },
		      { "packages", yajl_t_array }, { "mmdebstrap_options", yajl_t_array },
		      { "files", yajl_t_object },   { "symlinks", yajl_t_object },
		      { "remove", yajl_t_array } };

	for (size_t i = 0; i < YAJL_GET_OBJECT(build->recipe)->len; i++) {
		const char *key = build->recipe->u.object.keys[i];
		size_t k = 0;
		while (k < sizeof(known) / sizeof(*known) && strcmp(known[k].name, key) != 0)
			k++;
		if (k == sizeof(known) / sizeof(*known))
			return bd_fail(err, EINVAL, "the recipe %s has a \"%.60s\", which is not known", build->what,
				       key);
		if (build->recipe->u.object.values[i]->type != known[k].type)
			return bd_fail(err, EINVAL, "the recipe %s: \"%s\" is of the wrong type", build->what, key);
	}
	if (!get_text(build, "suite"))
		return bd_fail(err, EINVAL, "the recipe %s names no suite", build->what);
	return 0;
}

/* A member of a list that has to be a text. NULL: it is none. */
static const char *text_at(yajl_val list, size_t index)
{
	return YAJL_GET_STRING(list->u.array.values[index]);
}

static int add_packages(struct build *build, struct bd_error *err)
{
	yajl_val packages = get(build, "packages", yajl_t_array);
	char include[8192] = "--include=";

	for (size_t i = 0; packages && i < packages->u.array.len; i++) {
		const char *package = text_at(packages, i);
		size_t used = strlen(include);
		if (!package || !*package)
			return bd_fail(err, EINVAL, "the recipe %s: a package is no text", build->what);
		if ((size_t)snprintf(include + used, sizeof(include) - used, "%s%s", i ? "," : "", package) >=
		    sizeof(include) - used)
			return bd_fail(err, EINVAL, "the recipe %s has too many packages", build->what);
	}
	return packages && packages->u.array.len ? bd_words_add(&build->argv, include, err) : 0;
}

static int make_argv(struct build *build, struct bd_error *err)
{
	yajl_val options = get(build, "mmdebstrap_options", yajl_t_array);
	const char *suite = get_text(build, "suite");

	if (bd_words_add(&build->argv, "mmdebstrap", err) != 0 ||
	    bd_words_add(&build->argv, "--format=tar", err) != 0 || add_packages(build, err) != 0)
		return -1;
	for (size_t i = 0; options && i < options->u.array.len; i++) {
		const char *option = text_at(options, i);
		if (!option || option[0] != '-')
			return bd_fail(err, EINVAL, "the recipe %s: an option of mmdebstrap begins with a dash",
				       build->what);
		if (bd_words_add(&build->argv, option, err) != 0)
			return -1;
	}
	if (bd_words_add(&build->argv, suite, err) != 0 || bd_words_add(&build->argv, "-", err) != 0)
		return -1;
	return bd_build_add_sources(&build->argv, suite, err);
}

/* Where an entry's parent is a symlink, or its path is of the wrong form, the seal says so. */
static const char *inside(const char *path)
{
	return path + strspn(path, "/");
}

static int64_t build_time(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	return epoch && *epoch ? (int64_t)strtoll(epoch, NULL, 10) : (int64_t)time(NULL);
}

static int add_file(const struct build *build, struct bd_seal *seal, const char *path, yajl_val value,
		    struct bd_error *err)
{
	const char *mode_text = NULL, *content = NULL;
	char *end;

	if (YAJL_IS_ARRAY(value) && value->u.array.len == 2) {
		mode_text = text_at(value, 0);
		content = text_at(value, 1);
	}
	unsigned long mode = mode_text ? strtoul(mode_text, &end, 8) : 0;
	if (!content || !*mode_text || *end || mode > 07777)
		return bd_fail(err, EINVAL, "the recipe %s: the file %s is not [\"MODE\", \"TEXT\"]", build->what,
			       path);
	struct bd_seal_meta meta = { .mode = S_IFREG | (mode_t)mode,
				     .size_bytes = strlen(content),
				     .mtime_s = build_time(),
				     .atime_s = build_time() };
	if (bd_seal_add(seal, inside(path), &meta, err) != 0 ||
	    bd_seal_data(seal, 0, content, strlen(content), err) != 0)
		return bd_wrap(err, "the recipe's %s", path);
	return 0;
}

static int add_symlink(const struct build *build, struct bd_seal *seal, const char *path, yajl_val value,
		       struct bd_error *err)
{
	struct bd_seal_meta meta = { .mode = S_IFLNK | 0777,
				     .target = YAJL_GET_STRING(value),
				     .mtime_s = build_time(),
				     .atime_s = build_time() };

	if (!meta.target)
		return bd_fail(err, EINVAL, "the recipe %s: the symlink %s has no target", build->what, path);
	if (bd_seal_add(seal, inside(path), &meta, err) != 0)
		return bd_wrap(err, "the recipe's %s", path);
	return 0;
}

/* What the recipe changes in the finished system. */
static int change(const struct build *build, struct bd_seal *seal, struct bd_error *err)
{
	yajl_val gone = get(build, "remove", yajl_t_array);
	yajl_val files = get(build, "files", yajl_t_object), symlinks = get(build, "symlinks", yajl_t_object);

	bd_seal_allow_replacing(seal);
	for (size_t i = 0; gone && i < gone->u.array.len; i++) {
		const char *path = text_at(gone, i);
		if (!path || !*inside(path))
			return bd_fail(err, EINVAL, "the recipe %s: what is to be removed is no path", build->what);
		if (bd_seal_remove(seal, inside(path), path[strlen(path) - 1] == '/', err) != 0)
			return bd_wrap(err, "the recipe's %s", path);
	}
	for (size_t i = 0; files && i < files->u.object.len; i++)
		if (add_file(build, seal, files->u.object.keys[i], files->u.object.values[i], err) != 0)
			return -1;
	for (size_t i = 0; symlinks && i < symlinks->u.object.len; i++)
		if (add_symlink(build, seal, symlinks->u.object.keys[i], symlinks->u.object.values[i], err) != 0)
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

static void tick(void)
{
	bd_progress_update(0);
}

static int fill(void *context, struct bd_seal *seal, struct bd_error *err)
{
	struct build *build = context;
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	struct bd_error failure = BD_ERROR_INIT;

	bd_progress_stage("installing packages with mmdebstrap", 0);
	if (bd_child_start(build->argv.words, &child, err) != 0 || bd_child_wait_output(&child, tick, err) != 0)
		return -1;
	bd_progress_stage("reading what it made", 0);
	int r = bd_source_archive(child.output_fd, "mmdebstrap's tarball", false, NULL, seal, err);
	if (r != 0 && err->code == BD_ECANCELED)
		return -1;
	/* Where mmdebstrap failed, that is the reason, and not that its tarball ends early. */
	if (bd_child_finish(&child, &failure) != 0) {
		*err = failure;
		if (err->code != BD_ECANCELED) {
			bd_progress_end(1);
			show_log(&child);
		}
		return -1;
	}
	return r == 0 ? change(build, seal, err) : -1;
}

int bd_template_build(const struct bd_store *store, const char *recipe, const char *name,
		      const struct bd_store_options *options, struct bd_manifest *manifest_out, struct bd_error *err)
{
	BD_DISPOSE(build_dispose) struct build build = { .recipe = NULL };
	struct bd_store_options chosen = *options;
	char program[PATH_MAX];

	if (read_recipe(recipe, &build, err) != 0 || check_keys(&build, err) != 0)
		return -1;
	if (!name)
		name = get_text(&build, "name");
	if (!name)
		return bd_usage(err, "the recipe %s has no name; say how the template is to be called", recipe);
	const char *network = get_text(&build, "network");
	if (!chosen.has_network && network) {
		if (bd_network_kind_parse(network, "the recipe's network", &chosen.network, err) != 0)
			return -1;
		chosen.has_network = true;
	}
	if (!chosen.description)
		chosen.description = get_text(&build, "description");
	/* A fresh installation has no secrets. */
	chosen.shared = true;
	if (bd_find_program("mmdebstrap", program, sizeof(program), err) != 0)
		return bd_fail(err, ENOPKG, "mmdebstrap is not installed (Debian: apt-get install mmdebstrap)");
	if (make_argv(&build, err) != 0)
		return -1;
	/* Where it lay says nothing on another machine. */
	const char *slash = strrchr(recipe, '/');
	return bd_store_make(store, name, "recipe", slash ? slash + 1 : recipe, &chosen, fill, &build, manifest_out,
			     err);
}
