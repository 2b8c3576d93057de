/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads environment blocks. */
#include "bootmenu/grubenv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

static const char signature[] = "# GRUB Environment Block\n";

/* The newline that ends what begins at at; NULL: it has been cut off. A backslash takes the byte behind it along. */
static const char *line_end(const char *at, const char *end)
{
	while (at < end && *at != '\n')
		at += *at == '\\' && at + 1 < end ? 2 : 1;
	return at < end ? at : NULL;
}

static int add(struct bd_grubenv *env, const char *name_begin, const char *equals, const char *end,
	       struct bd_error *err)
{
	if (env->count == BD_GRUBENV_VARIABLES_MAX)
		return bd_fail(err, E2BIG, "there are more than %d variables", BD_GRUBENV_VARIABLES_MAX);
	if (bd_array_grow(env->variables, env->count, err) != 0)
		return -1;
	BD_FREE char *name = strndup(name_begin, (size_t)(equals - name_begin));
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
	const char *at = text + sizeof(signature) - 1, *end = text + size_bytes;

	if (size_bytes < sizeof(signature) || memcmp(text, signature, sizeof(signature) - 1) != 0)
		return bd_fail(err, EINVAL, "it is no environment block of GRUB: its first line is another one");
	while (at < end) {
		bool is_comment = *at == '#';
		const char *equals = is_comment ? NULL : memchr(at, '=', (size_t)(end - at));
		const char *last = is_comment || equals ? line_end(equals ? equals + 1 : at, end) : NULL;
		if (!last)
			break;
		if (equals && add(&env, at, equals, last, err) != 0)
			return -1;
		at = last + 1;
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
