/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaces variables by their values. */
#include "bootmenu/bls_expand.h"

#include <string.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define NAME_SIZE 128 /* more than any variable's name has */

struct expanded {
	char *text;
	size_t length;
	bool is_full;
};

static void put(struct expanded *out, const char *text, size_t size)
{
	if (size >= BD_BOOTMENU_TEXT_MAX - out->length) {
		out->is_full = true;
		return;
	}
	memcpy(out->text + out->length, text, size);
	out->length += size;
}

static void put_variable(struct expanded *out, const char *name, size_t size, bd_bls_variable variable,
			 const void *context)
{
	char copy[NAME_SIZE];

	if (size >= sizeof(copy))
		return;
	memcpy(copy, name, size);
	copy[size] = '\0';
	const char *value = size ? variable(context, copy) : NULL;
	if (!value)
		return;
	put(out, value, strlen(value));
	put(out, " ", 1);
}

bool bd_bls_expand(const char *text, bd_bls_variable variable, const void *context,
		   char text_out[BD_BOOTMENU_TEXT_MAX])
{
	struct expanded out = { .text = text_out };

	while (*text && !out.is_full) {
		if (*text == '$') {
			size_t size = strspn(++text, NAME_CHARACTERS);
			put_variable(&out, text, size, variable, context);
			text += size;
			text += *text == ' ';
		} else {
			text += text[0] == '\\' && text[1] == '$';
			put(&out, text++, 1);
		}
	}
	while (out.length > 0 && (text_out[out.length - 1] == ' ' || text_out[out.length - 1] == '\t'))
		out.length--;
	text_out[out.length] = '\0';
	return !out.is_full;
}
