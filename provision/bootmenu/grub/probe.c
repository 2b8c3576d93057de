/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options, and a question to the files. */
#include "bootmenu/grub/probe.h"

#include <string.h>

#include "bootmenu/grub/options.h"
#include "bootmenu/grub/place.h"

enum { SET, DRIVER, PARTMAP, FILESYSTEM, UUID, LABEL, PART_UUID };

static const struct grub_option table[] = {
	[SET] = { "set", 's', GRUB_VALUE },
	[DRIVER] = { "driver", 'd', GRUB_NO_VALUE },
	[PARTMAP] = { "partmap", 'p', GRUB_NO_VALUE },
	[FILESYSTEM] = { "fs", 'f', GRUB_NO_VALUE },
	[UUID] = { "fs-uuid", 'u', GRUB_NO_VALUE },
	[LABEL] = { "label", 'l', GRUB_NO_VALUE },
	[PART_UUID] = { "part-uuid", '\0', GRUB_NO_VALUE },
	{ NULL, '\0', GRUB_NO_VALUE },
};

/* "(hd0,gpt2)" or "hd0,gpt2", as the files name it. False: it is too long to be one. */
static bool device_of(const struct grub_run *run, const char *name, char device_out[BD_BOOTMENU_DEVICE_SIZE])
{
	size_t length = strlen(name);
	bool has_brackets = length >= 2 && name[0] == '(' && name[length - 1] == ')';

	name += has_brackets;
	length -= has_brackets ? 2 : 0;
	if (length >= BD_BOOTMENU_DEVICE_SIZE)
		return false;
	if (length == strlen(run->device) && memcmp(name, run->device, length) == 0)
		length = 0;
	memcpy(device_out, name, length);
	device_out[length] = '\0';
	return true;
}

static int answer(struct grub_run *run, const char *name, enum bd_bootmenu_search what, const char *variable,
		  int *status_out, struct bd_error *err)
{
	char device[BD_BOOTMENU_DEVICE_SIZE], text[BD_BOOTMENU_NAME_SIZE];
	bool known = false;

	if (!run->files->describe || !device_of(run, name, device))
		return 0;
	if (grub_run_lookup(run, err) != 0 ||
	    run->files->describe(run->files->source, grub_place_device(run, device), what, text, &known, err) != 0)
		return -1;
	if (!known)
		return 0;
	*status_out = GRUB_TRUE;
	return variable ? grub_variables_set(&run->variables, variable, text, err) : 0;
}

/* GRUB looks at the options in the order of the table: what is asked for first is answered. */
int grub_probe(struct grub_run *run, char *const *words, size_t count, int *status_out, struct bd_error *err)
{
	struct grub_options options = { .table = table, .words = words, .count = count };
	const char *variable = NULL, *device = NULL, *value;
	bool asked[sizeof(table) / sizeof(*table)] = { false };
	int option;

	*status_out = GRUB_FAILED;
	while (grub_options_next(&options, &option, &value)) {
		if (option == GRUB_NO_OPTION)
			device = device ? device : value;
		else
			asked[option] = true;
		if (option == SET)
			variable = value;
	}
	if (!device || asked[DRIVER] || asked[PARTMAP] || asked[PART_UUID] || asked[FILESYSTEM])
		return 0;
	if (asked[UUID])
		return answer(run, device, BD_BOOTMENU_SEARCH_UUID, variable, status_out, err);
	return asked[LABEL] ? answer(run, device, BD_BOOTMENU_SEARCH_LABEL, variable, status_out, err) : 0;
}
