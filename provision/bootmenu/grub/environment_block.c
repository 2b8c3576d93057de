/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One pass over the bytes. */
#include "bootmenu/grub/environment_block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "bootmenu/grub/limits.h"

static const char signature[] = "# GRUB Environment Block\n";

/* The newline that ends what begins at at; NULL: there is none. A backslash takes the byte behind it along. */
static const char *line_end(const char *at, const char *end)
{
	while (at < end && *at != '\n') {
		if (*at == '\\' && at + 1 < end)
			at++;
		at++;
	}
	return at < end ? at : NULL;
}

static char *unescaped(const char *begin, const char *end)
{
	char *text = malloc((size_t)(end - begin) + 1), *out = text;

	if (!text)
		return NULL;
	while (begin < end) {
		if (*begin == '\\')
			begin++;
		*out++ = *begin++;
	}
	*out = '\0';
	return text;
}

static int add(struct bd_grub_environment *environment, const char *name, size_t name_length, const char *value,
	       const char *value_end, struct bd_error *err)
{
	if (environment->count == GRUB_VARIABLES_MAX)
		return bd_fail(err, E2BIG, "the environment block has more than %d variables", GRUB_VARIABLES_MAX);
	if (bd_array_grow(environment->items, environment->count, err) != 0)
		return -1;
	struct bd_grub_environment_item *item = &environment->items[environment->count++];
	item->name = strndup(name, name_length);
	item->value = unescaped(value, value_end);
	return item->name && item->value ? 0 : bd_no_memory(err);
}

int bd_grub_environment_parse(const char *bytes, size_t size_bytes, struct bd_grub_environment *environment_out,
			      struct bd_error *err)
{
	const char *at = bytes + sizeof(signature) - 1, *end = bytes + size_bytes;

	if (size_bytes < sizeof(signature) || memcmp(bytes, signature, sizeof(signature) - 1) != 0)
		return bd_fail(err, EINVAL, "it is no environment block of GRUB: its first line is another one");
	while (at < end) {
		const char *value = *at == '#' ? NULL : memchr(at, '=', (size_t)(end - at));
		const char *stop = line_end(value ? value + 1 : at, end);
		if (!stop || (!value && *at != '#'))
			return 0;
		if (value && add(environment_out, at, (size_t)(value - at), value + 1, stop, err) != 0)
			return -1;
		at = stop + 1;
	}
	return 0;
}

const char *bd_grub_environment_get(const struct bd_grub_environment *environment, const char *name)
{
	for (size_t i = environment->count; i > 0; i--)
		if (strcmp(environment->items[i - 1].name, name) == 0)
			return environment->items[i - 1].value;
	return NULL;
}

void bd_grub_environment_dispose(struct bd_grub_environment *environment)
{
	for (size_t i = 0; i < environment->count; i++) {
		free(environment->items[i].name);
		free(environment->items[i].value);
	}
	free(environment->items);
	*environment = (struct bd_grub_environment){ 0 };
}
