/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libxl plugin, and what it makes of the text of a config; no hypervisor is needed. The plugin is $BD_TEST_PLUGIN or the
 * one in the build folder. To be included after <cmocka.h>. */
#ifndef BD_TESTS_PLUGIN_CHECKS_H
#define BD_TESTS_PLUGIN_CHECKS_H

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/toolstack.h"

static const struct bd_toolstack_plugin *plugin;
static char cfg_path[] = "/tmp/test_plugin_cfg.XXXXXX";
static char xlconf_path[] = "/tmp/test_plugin_xlconf.XXXXXX";
static struct bd_error err;
static char json[16384]; /* what describe() gave, without its blanks */
static char warnings[16384]; /* a line each */

#define UUID "uuid = \"11111111-2222-3333-4444-555555555555\"\n"
#define PV "name = \"web01\"\n" UUID "bootloader = \"pygrub\"\n"
#define HVM "name = \"web01\"\n" UUID "type = \"hvm\"\n"

static void write_file(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void log_line(void *context, enum bd_toolstack_log_level level, const char *line)
{
	(void)context;
	assert_int_equal(level, BD_TOOLSTACK_LOG_WARNING);
	size_t used = strlen(warnings);
	snprintf(warnings + used, sizeof(warnings) - used, "%s\n", line);
}

/* Blanks inside strings stay. */
static void collect(void *context, const char *text, size_t size)
{
	(void)context;
	size_t used = strlen(json);
	bool quoted = false;
	for (size_t i = 0; i < size && used < sizeof(json) - 1; i++) {
		quoted ^= text[i] == '"' && (i == 0 || text[i - 1] != '\\');
		if (quoted || !isspace((unsigned char)text[i]))
			json[used++] = text[i];
	}
	json[used] = '\0';
}

static int describe_bytes(const char *text, size_t size)
{
	struct bd_toolstack_host host = {
		.struct_size = sizeof(host), .log = log_line, .cancel_fd = -1, .log_dir = "/tmp"
	};
	write_file(cfg_path, text, size);
	json[0] = warnings[0] = '\0';
	err = (struct bd_error)BD_ERROR_INIT;
	return plugin->describe(&host, cfg_path, collect, NULL, &err);
}

static int describe(const char *text)
{
	return describe_bytes(text, strlen(text));
}

/* The config is taken, and its JSON has the part. */
static void check_gives(const char *text, const char *part)
{
	if (describe(text))
		fail_msg("refused: %s", err.message);
	if (!strstr(json, part))
		fail_msg("%s is not in %s", part, json);
}

/* The config is taken, and there is one warning, which begins with the path and has the part. */
static __attribute__((unused)) void check_warns(const char *text, const char *part)
{
	if (describe(text))
		fail_msg("refused: %s", err.message);
	char *newline = strchr(warnings, '\n');
	if (!newline || newline[1])
		fail_msg("not one warning: \"%s\", of %s", warnings, text);
	assert_ptr_equal(strstr(warnings, cfg_path), warnings);
	if (!strstr(warnings + strlen(cfg_path), part))
		fail_msg("\"%s\" is not in \"%s\"", part, warnings);
}

/* The config is refused with EINVAL, and the message has the part, after the path. */
static __attribute__((unused)) void check_refused(const char *text, const char *part)
{
	if (describe(text) == 0)
		fail_msg("taken: %s", text);
	assert_int_equal(err.code, EINVAL);
	assert_ptr_equal(strstr(err.message, cfg_path), err.message);
	if (!strstr(err.message + strlen(cfg_path), part))
		fail_msg("\"%s\" is not in \"%s\"", part, err.message);
	assert_string_equal(json, "");
}

/* build/tests/unit/test_X: the plugin lies two folders up. */
static const char *find_plugin(char *path_out, size_t size)
{
	const char *named = getenv("BD_TEST_PLUGIN");
	if (named)
		return named;
	char pattern[4096];
	glob_t found;
	ssize_t length = readlink("/proc/self/exe", pattern, sizeof(pattern) - 100);
	pattern[length > 0 ? length : 0] = '\0';
	for (int i = 0; i < 3; i++)
		if (strrchr(pattern, '/'))
			*strrchr(pattern, '/') = '\0';
	strcat(pattern, "/toolstack-libxl-*.so");
	if (glob(pattern, 0, NULL, &found))
		return NULL;
	snprintf(path_out, size, "%s", found.gl_pathv[0]);
	globfree(&found);
	return path_out;
}

static int set_up(void **state)
{
	(void)state;
	char path[4096];
	const char *name = find_plugin(path, sizeof(path));
	void *handle = name ? dlopen(name, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (!handle) {
		fprintf(stderr, "cannot load the plugin: %s\n", name ? dlerror() : "none is built");
		return -1;
	}
	bd_toolstack_entry_fn *entry = NULL;
	*(void **)&entry = dlsym(handle, BD_TOOLSTACK_ENTRY);
	plugin = entry ? entry() : NULL;
	int cfg = mkstemp(cfg_path), xlconf = mkstemp(xlconf_path);
	if (!plugin || cfg < 0 || xlconf < 0)
		return -1;
	close(cfg);
	close(xlconf);
	return setenv("XEN_BIGDISK_XL_CONF", xlconf_path, 1);
}

static int tear_down(void **state)
{
	(void)state;
	unlink(cfg_path);
	unlink(xlconf_path);
	return 0;
}

#endif
