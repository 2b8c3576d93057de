/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses a boot loader's answer. */
#include "libxl/bootloader/answer.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "libxl/config/set_string.h"

/* What is said of an item that is passed over shows as much of it. */
#define SHOWN 150

/* What stands behind the word and white space; NULL: it is another item. */
static const char *value_of(const char *item, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(item, word, length) != 0 || !isspace((unsigned char)item[length]))
		return NULL;
	for (item += length; isspace((unsigned char)*item); item++)
		;
	return item;
}

static int take_item(const char *item, struct bd_bootloader_answer *answer, bool *known_out, struct bd_error *err)
{
	const struct {
		const char *word;
		char **member;
	} items[] = { { "kernel", &answer->kernel }, { "ramdisk", &answer->ramdisk }, { "args", &answer->cmdline } };

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		const char *value = value_of(item, items[i].word);
		if (value) {
			*known_out = true;
			return bd_set_string(items[i].member, value, err);
		}
	}
	*known_out = false;
	return 0;
}

/* The text may have control characters, and goes to a log. */
static void tell(void (*warn)(void *context, const char *line), void *context, const char *what, const char *item)
{
	char shown[SHOWN + 1], line[SHOWN + 100];

	bd_copy_text(shown, sizeof(shown), item);
	snprintf(line, sizeof(line), "the boot loader's answer has %s: \"%s\"", what, shown);
	warn(context, line);
}

int bd_bootloader_answer_parse(const char *text, size_t size, void (*warn)(void *context, const char *line),
			       void *context, struct bd_bootloader_answer *answer_out, struct bd_error *err)
{
	BD_DISPOSE(bd_bootloader_answer_dispose) struct bd_bootloader_answer answer = { 0 };
	char item[BD_BOOTLOADER_ITEM_LIMIT];

	for (const char *at = text, *end = text + size; at < end;) {
		size_t length = strnlen(at, (size_t)(end - at));
		bool is_long = length >= sizeof(item), known = true;
		snprintf(item, sizeof(item), "%.*s", is_long ? (int)sizeof(item) - 1 : (int)length, at);
		if (is_long)
			tell(warn, context, "an item that is too long", item);
		else if (take_item(item, &answer, &known, err) != 0)
			return -1;
		if (!known && length)
			tell(warn, context, "an unknown item", item);
		at += length + 1;
	}
	if (!answer.kernel)
		return bd_fail(err, ENOEXEC, "the boot loader found no kernel");
	*answer_out = bd_take_struct(answer);
	return 0;
}

void bd_bootloader_answer_dispose(struct bd_bootloader_answer *answer)
{
	free(answer->kernel);
	free(answer->ramdisk);
	free(answer->cmdline);
	*answer = (struct bd_bootloader_answer){ 0 };
}
