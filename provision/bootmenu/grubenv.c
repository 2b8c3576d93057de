/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads environment blocks. */
#include "bootmenu/grubenv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

static const char signature[] = "# GRUB Environment Block\n";

/* The newline that ends a line, as a backslash before it does not; NULL: it has been cut off. */
static const char *line_end(const char *at, const char *end)
{
	for (; at < end && *at != '\n'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at : NULL;
}

static int add(struct bd_grubenv *env, const char *line, const char *equals, const char *end, struct bd_error *err)
{
	if (env->count == BD_GRUBENV_VARIABLES_MAX)
		return bd_fail(err, E2BIG, "there are more than %d variables", BD_GRUBENV_VARIABLES_MAX);
	if (bd_array_grow(env->variables, env->count, err) != 0)
		return -1;
	BD_FREE char *name = strndup(line, (size_t)(equals - line));
	BD_FREE char *value = malloc((size_t)(end - equals));
	if (!name || !value)
		return bd_no_memory(err);
	char *out = value;
	for (const char *at = equals + 1; at < end; at++) {
		at += *at == '\\';
		*out++ = *at;
	}
	*out = '\0';
	env->variables[env->count++] = (struct bd_grubenv_variable){ bd_take_ptr(name), bd_take_ptr(value) };
	return 0;
}

int bd_grubenv_parse(const char *text, size_t size_bytes, struct bd_grubenv *env_out, struct bd_error *err)
{
	BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv env = { 0 };
	const char *end = text + size_bytes, *line_last;

	if (size_bytes < sizeof(signature) - 1 || memcmp(text, signature, sizeof(signature) - 1) != 0)
		return bd_fail(err, EINVAL, "it is no environment block of GRUB");
	for (const char *line = text; line < end && (line_last = line_end(line, end)); line = line_last + 1) {
		const char *equals = memchr(line, '=', (size_t)(line_last - line));
		if (*line != '#' && equals && add(&env, line, equals, line_last, err) != 0)
			return -1;
	}
	*env_out = bd_take_struct(env);
	return 0;
}

int bd_grubenv_read(const struct bd_bootmenu_files *files, const char *device, const char *path,
		    struct bd_grubenv *env_out, struct bd_error *err)
{
	struct bd_error failure = BD_ERROR_INIT;
	BD_FREE char *text = NULL;
	size_t size = 0;
	int rc = files->read(files->source, device, path, BD_GRUBENV_FILE_MAX, &text, &size, &failure);

	if (rc == 0 && text)
		rc = bd_grubenv_parse(text, size, env_out, &failure);
	else if (rc == 0)
		*env_out = (struct bd_grubenv){ 0 };
	if (rc != 0 && failure.code != EFBIG && failure.code != EINVAL && failure.code != E2BIG) {
		*err = failure;
		return -1;
	}
	if (rc != 0)
		*env_out = (struct bd_grubenv){ 0 };
	return 0;
}

const char *bd_grubenv_get(const struct bd_grubenv *env, const char *name)
{
	for (size_t i = env->count; i > 0; i--)
		if (strcmp(env->variables[i - 1].name, name) == 0)
			return env->variables[i - 1].value;
	return NULL;
}

const char *bd_grubenv_variable(const void *env, const char *name)
{
	return bd_grubenv_get(env, name);
}

void bd_grubenv_dispose(struct bd_grubenv *env)
{
	for (size_t i = 0; i < env->count; i++) {
		free(env->variables[i].name);
		free(env->variables[i].value);
	}
	free(env->variables);
	*env = (struct bd_grubenv){ 0 };
}
