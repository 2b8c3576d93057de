/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options, and a question to the files. */
#include "bootmenu/grub/search.h"

#include <string.h>

#include "base/text.h"
#include "bootmenu/grub/options.h"
#include "bootmenu/grub/place.h"

enum { FILE_, LABEL, UUID, SET, ROOT_ONLY, HINT, HINT_BARE, HINT_BIOS, HINT_ARC, HINT_EFI, HINT_IEEE1275, NO_FLOPPY };

static const struct grub_option table[] = {
	[FILE_] = { "file", 'f', GRUB_NO_VALUE },
	[LABEL] = { "label", 'l', GRUB_NO_VALUE },
	[UUID] = { "fs-uuid", 'u', GRUB_NO_VALUE },
	[SET] = { "set", 's', GRUB_OPTIONAL_VALUE },
	[ROOT_ONLY] = { "root-dev-only", 'r', GRUB_NO_VALUE },
	[HINT] = { "hint", 'h', GRUB_VALUE },
	[HINT_BARE] = { "hint-baremetal", '\0', GRUB_VALUE },
	[HINT_BIOS] = { "hint-bios", '\0', GRUB_VALUE },
	[HINT_ARC] = { "hint-arc", '\0', GRUB_VALUE },
	[HINT_EFI] = { "hint-efi", '\0', GRUB_VALUE },
	[HINT_IEEE1275] = { "hint-ieee1275", '\0', GRUB_VALUE },
	[NO_FLOPPY] = { "no-floppy", 'n', GRUB_NO_VALUE },
	{ "efidisk-only", '\0', GRUB_NO_VALUE },
	{ "cryptodisk-only", '\0', GRUB_NO_VALUE },
	{ NULL, '\0', GRUB_NO_VALUE },
};

struct question {
	bool has_kind;
	enum bd_bootmenu_search by;
	const char *what;
	const char *variable; /* NULL: GRUB would print what it finds */
	const char *hint; /* the first device to try; NULL: none */
};

static int set_found(struct grub_run *run, const struct question *question, const char *device, int *status_out,
		     struct bd_error *err)
{
	*status_out = GRUB_TRUE;
	return question->variable ? grub_variables_set(&run->variables, question->variable, device, err) : 0;
}

/* "hd0," means all partitions of hd0, whose names are not known here. */
static int try_hint(struct grub_run *run, const struct question *question, bool *found_out, struct bd_error *err)
{
	char type = '\0';
	size_t length = question->hint ? strlen(question->hint) : 0;

	*found_out = false;
	if (question->by != BD_BOOTMENU_SEARCH_FILE || !length || length >= BD_BOOTMENU_DEVICE_SIZE ||
	    question->hint[length - 1] == ',')
		return 0;
	if (grub_run_lookup(run, err) != 0 ||
	    run->files->look(run->files->source, question->hint, question->what, &type, err) != 0)
		return -1;
	*found_out = type == 'f';
	return 0;
}

static int answer(struct grub_run *run, const struct question *question, int *status_out, struct bd_error *err)
{
	char device[BD_BOOTMENU_DEVICE_SIZE] = "";
	bool found = false;

	*status_out = GRUB_FAILED;
	if (!question->what || !question->has_kind ||
	    (question->by == BD_BOOTMENU_SEARCH_FILE && *question->what != '/'))
		return 0;
	if (try_hint(run, question, &found, err) != 0)
		return -1;
	if (found)
		return set_found(run, question, question->hint, status_out, err);
	if (grub_run_lookup(run, err) != 0 ||
	    run->files->search(run->files->source, question->by, question->what, device, &found, err) != 0)
		return -1;
	return found ? set_found(run, question, device, status_out, err) : 0;
}

static void take_option(struct question *question, int option, const char *value, bool *sets, const char **set_value)
{
	switch (option) {
	case FILE_:
	case LABEL:
	case UUID:
		question->has_kind = true;
		question->by = option == FILE_	 ? BD_BOOTMENU_SEARCH_FILE
			       : option == LABEL ? BD_BOOTMENU_SEARCH_LABEL
						 : BD_BOOTMENU_SEARCH_UUID;
		break;
	case SET:
		*sets = true;
		*set_value = value;
		break;
	case HINT:
	case HINT_BARE:
	case HINT_BIOS:
		if (!question->hint)
			question->hint = value;
		break;
	case GRUB_NO_OPTION:
		/* Hints for platforms that GRUB does not know yet. */
		if (!question->what && !bd_text_begins_with(value, "--hint-"))
			question->what = value;
		break;
	default:
		break;
	}
}

int grub_search(struct grub_run *run, char *const *words, size_t count, int *status_out, struct bd_error *err)
{
	struct grub_options options = { .table = table, .words = words, .count = count };
	struct question question = { .has_kind = false };
	const char *value, *set_value = NULL;
	bool sets = false;
	int option;

	while (grub_options_next(&options, &option, &value))
		take_option(&question, option, value, &sets, &set_value);
	/* `--set UUID` is meant as `--set=root UUID`. */
	if (!question.what && set_value) {
		question.what = set_value;
		set_value = NULL;
	}
	question.variable = !sets ? NULL : set_value ? set_value : "root";
	return answer(run, &question, status_out, err);
}

int grub_search_by(struct grub_run *run, enum bd_bootmenu_search by, char *const *words, size_t count,
		   int *status_out, struct bd_error *err)
{
	struct question question = { .has_kind = true,
				     .by = by,
				     .what = count > 0 ? words[0] : NULL,
				     .variable = count > 1 ? words[1] : NULL,
				     .hint = count > 2 ? words[2] : NULL };

	return answer(run, &question, status_out, err);
}
