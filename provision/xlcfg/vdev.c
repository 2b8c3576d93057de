/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes virtual devices in the strings of disk=. */
#include "xlcfg/vdev.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "xlcfg/lexer.h"

#define EMULATED_MAX 7 /* of the SCSI controller of QEMU */
#define BLANKS " \t"

/* The length of what is to be replaced at the beginning of a name of that length; 0: it stays. */
static size_t prefix_to_change(const char *name, size_t length, bool hvm)
{
	if (hvm)
		return length == 4 && strncmp(name, "xvd", 3) == 0 && name[3] >= 'a' && name[3] < 'a' + EMULATED_MAX
			       ? 3
			       : 0;
	return length == 3 && (strncmp(name, "sd", 2) == 0 || strncmp(name, "hd", 2) == 0) && name[2] >= 'a' &&
			       name[2] <= 'z'
		       ? 2
		       : 0;
}

/* Of a specification in begin..end, without its quotes: where the name of its virtual device is to be changed; NULL: nowhere. It is
 * said by vdev=, or by its position behind the target. */
static const char *find_name(const char *begin, const char *end, bool hvm, size_t *length_out)
{
	for (const char *part = begin; part < end;) {
		const char *next = memchr(part, ',', (size_t)(end - part));
		const char *name = part + strspn(part, BLANKS), *stop = next ? next : end;
		bool is_first = part == begin;
		if (strncmp(name, "target=", 7) == 0)
			return NULL; /* it takes all that follows */
		while (stop > name && strchr(BLANKS, stop[-1]))
			stop--;
		bool has_key = stop - name > 5 && strncmp(name, "vdev=", 5) == 0;
		if (has_key)
			name += 5;
		*length_out = (has_key || !is_first) && name < stop
				      ? prefix_to_change(name, (size_t)(stop - name), hvm)
				      : 0;
		if (*length_out)
			return name;
		if (!next)
			return NULL;
		part = next + 1;
	}
	return NULL;
}

static const char *find_in_statement(const struct bd_cfg_statement *disks, bool hvm, size_t *length_out)
{
	struct bd_cfg_lexer lexer;
	struct bd_cfg_token token;

	bd_cfg_lexer_init(&lexer, disks->value);
	for (bd_cfg_next(&lexer, &token); token.kind != BD_CFG_END && token.begin < disks->end;
	     bd_cfg_next(&lexer, &token)) {
		const char *name = token.kind == BD_CFG_STRING && token.end - token.begin > 2
					   ? find_name(token.begin + 1, token.end - 1, hvm, length_out)
					   : NULL;
		if (name)
			return name;
	}
	return NULL;
}

static int find(const char *text, bool hvm, const char **name_out, size_t *length_out, struct bd_error *err)
{
	struct bd_cfg_statement statement;
	struct bd_cfg_lexer lexer;
	int r;

	*name_out = NULL;
	bd_cfg_lexer_init(&lexer, text);
	while ((r = bd_cfg_next_statement(&lexer, &statement, err)) > 0 && !*name_out)
		if (!statement.is_comment && bd_cfg_statement_is(&statement, "disk"))
			*name_out = find_in_statement(&statement, hvm, length_out);
	return r < 0 ? -1 : 0;
}

int bd_cfg_edit_vdevs(const char *text, bool hvm, char **text_out, struct bd_error *err)
{
	BD_FREE char *changed = strdup(text);
	const char *name;
	size_t length;

	if (!changed)
		return bd_no_memory(err);
	for (;;) {
		char *next;
		if (find(changed, hvm, &name, &length, err) != 0)
			return -1;
		if (!name)
			break;
		if (bd_text_format(&next, err, "%.*s%s%s", (int)(name - changed), changed, hvm ? "sd" : "xvd",
				   name + length) != 0)
			return -1;
		free(changed);
		changed = next;
	}
	*text_out = bd_take_ptr(changed);
	return 0;
}
